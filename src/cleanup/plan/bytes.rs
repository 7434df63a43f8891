//! How much space things take.

use super::super::evaluate::{Evaluation, Verdict};
use super::super::graph::{Content, Graph, Id, Node};

/// The bytes of the blobs of a manifest and of itself, or what the registry says of it.
pub(super) fn of(graph: &Graph, node: &Node) -> Option<u64> {
    if !is_read(node) {
        return node.size;
    }
    let blobs = node
        .blobs
        .iter()
        .filter_map(|id| graph.blobs().get(id.index()));
    let length = u64::from(node.length.unwrap_or_default());
    Some(blobs.fold(length, |sum, blob| sum.saturating_add(blob.size)))
}

/// Whether it is known what blobs a manifest needs.
fn is_read(node: &Node) -> bool {
    matches!(node.content, Content::Read | Content::ReadWithConfig)
}

/// The bytes of a repository.
pub(super) struct Bytes {
    /// What nothing needs any longer when all is done that is planned; `None` where it is not
    /// known what is needed.
    pub(super) freed: Option<u64>,
    /// What that is at most, where it is not known, and all is that goes.
    pub(super) freed_at_most: Option<u64>,
    /// What everything takes before, as far as it is known; each blob once.
    pub(super) size: Option<u64>,
}

/// Who needs a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Nobody,
    Going,
    Staying,
}

impl Bytes {
    pub(super) fn of(graph: &Graph, evaluation: &Evaluation) -> Self {
        let goes = |id: Id| evaluation.nodes.get(id.index()) == Some(&Verdict::Goes);
        let mut needs = vec![Need::Nobody; graph.blobs().len()];
        let (mut freed, mut size) = (0_u64, 0_u64);
        let (mut is_any, mut is_sure, mut is_known) = (false, true, false);
        let mut is_bounded = true;
        let present = graph
            .nodes()
            .filter(|(_, node)| node.content != Content::Missing);
        for (id, node) in present {
            let goes = goes(id);
            is_any |= goes;
            if !is_read(node) {
                is_sure = false;
                is_bounded &= !goes;
                is_known |= node.size.is_some();
                size = size.saturating_add(node.size.unwrap_or_default());
                continue;
            }
            is_known = true;
            let need = if goes { Need::Going } else { Need::Staying };
            for blob in &node.blobs {
                if let Some(place) = needs.get_mut(blob.index()) {
                    *place = need.max(*place);
                }
            }
            let length = u64::from(node.length.unwrap_or_default());
            size = size.saturating_add(length);
            freed = freed.saturating_add(if goes { length } else { 0 });
        }
        for (need, blob) in needs.iter().zip(graph.blobs()) {
            if *need != Need::Nobody {
                size = size.saturating_add(blob.size);
            }
            if *need == Need::Going {
                freed = freed.saturating_add(blob.size);
            }
        }
        let is_certain = is_sure || !is_any;
        Self {
            freed: is_certain.then_some(freed),
            freed_at_most: (is_bounded && !is_certain).then_some(freed),
            size: is_known.then_some(size),
        }
    }
}
