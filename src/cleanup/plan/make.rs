//! The plan of a repository.

use jiff::Timestamp;

use super::super::evaluate::{Evaluation, Verdict};
use super::super::graph::{Content, Graph, Id, Name, Node};
use super::super::links::Links;
use super::bytes::{self, Bytes};
use super::reasons::Reasons;
use super::{Action, Kept, Plan, Step, VERSION, order, origin};
use crate::oci::{Digest, Tag};

impl Plan {
    /// What is to be done according to verdicts that are final. `policy` is the digest of the
    /// policy that the rules were made of.
    ///
    /// In each rank tags that go alone are first, and what is oldest goes before what is newer: so a
    /// run that ends early has done the most useful part.
    pub fn make(mut graph: Graph, evaluation: Evaluation, policy: Digest) -> Self {
        graph.forget();
        let Bytes {
            freed,
            freed_at_most,
            size,
        } = Bytes::of(&graph, &evaluation);
        let drafts = Drafts::new(&graph, &evaluation);
        let (repository, brand, taken) =
            (graph.repository.clone(), graph.brand.clone(), graph.taken);
        let gaps = graph.gaps.iter();
        let gaps = gaps.map(|gap| format!("{}: {}", gap.what, gap.why));
        let gaps = gaps.collect();
        let (steps, kept) = drafts.finish(graph.into_names(), &evaluation);
        Self {
            git: None,
            version: VERSION,
            repository,
            brand,
            taken,
            policy,
            steps,
            kept,
            freed,
            freed_at_most,
            size,
            gaps,
        }
    }
}

/// A step, and the date by which it is sorted.
type Dated = (Option<Timestamp>, Step);

/// Steps and what is kept, without tags.
struct Drafts {
    untags: Vec<Dated>,
    deletes: Vec<Dated>,
    kept: Vec<Kept>,
    /// The place of each manifest in one of the latter two.
    places: Vec<usize>,
}

impl Drafts {
    fn new(graph: &Graph, evaluation: &Evaluation) -> Self {
        let links = Links::of(graph);
        let ranks = order::ranks(graph, &links, evaluation);
        let origins = origin::origins(graph, &links, evaluation, &ranks);
        let reasons = Reasons::new(graph, evaluation, &origins);
        let rank = |id: Id| ranks.get(id.index()).copied().unwrap_or_default();
        let mut drafts = Self {
            untags: Vec::new(),
            deletes: Vec::new(),
            kept: Vec::new(),
            places: Vec::with_capacity(graph.nodes().len()),
        };
        for ((id, node), verdict) in graph.nodes().zip(&evaluation.nodes) {
            if *verdict == Verdict::Goes {
                drafts.places.push(drafts.deletes.len());
                let orphaned = links
                    .names
                    .of(id)
                    .find_map(|name| graph.tag(name).kind.subject());
                let reason = reasons.of_delete(id, orphaned);
                let mut step = step(graph, node, Action::Delete, rank(id), reason);
                step.after = reasons.leader(id).map(|leader| leader.tag.clone());
                step.tags.reserve_exact(links.names.of(id).count());
                drafts.deletes.push((node.pushed.or(node.created), step));
                continue;
            }
            drafts.places.push(drafts.kept.len());
            if node.content != Content::Missing || links.names.of(id).next().is_some() {
                let (rule, what) = reasons.of_kept(id, *verdict);
                drafts.kept.push(Kept {
                    digest: node.digest.clone(),
                    tags: Vec::with_capacity(links.names.of(id).count()),
                    rule,
                    what,
                    size: bytes::of(graph, node),
                    created: node.created,
                });
            }
        }
        for ((_, name), verdict) in graph.names().zip(&evaluation.names) {
            if is_untag(name, *verdict, evaluation) {
                let rank = match name.kind.subject() {
                    Some(subject) => rank(subject) + 1,
                    None => 0,
                };
                let reason = reasons.of_untag(name);
                let step = step(graph, graph.node(name.node), Action::Untag, rank, reason);
                drafts.untags.push((name.pushed.or(step.created), step));
            }
        }
        drafts
    }

    /// Gives the tags to what they belong to, and sorts all.
    fn finish(mut self, names: Vec<Name>, evaluation: &Evaluation) -> (Vec<Step>, Vec<Kept>) {
        let mut untags = self.untags.iter_mut();
        for (name, verdict) in names.into_iter().zip(&evaluation.names) {
            let place = self.places.get(name.node.index()).copied();
            let tags: Option<&mut Vec<Tag>> = if is_untag(&name, *verdict, evaluation) {
                untags.next().map(|(_, step)| &mut step.tags)
            } else if *verdict == Verdict::Goes {
                let step = place.and_then(|place| self.deletes.get_mut(place));
                step.map(|(date, step)| {
                    *date = (*date).or(name.pushed);
                    &mut step.tags
                })
            } else {
                let kept = place.and_then(|place| self.kept.get_mut(place));
                kept.map(|kept| &mut kept.tags)
            };
            if let Some(tags) = tags {
                tags.push(name.tag);
            }
        }
        let mut steps = self.untags;
        steps.append(&mut self.deletes);
        for (_, step) in &mut steps {
            step.tags.sort_unstable();
        }
        steps.sort_unstable_by(|(one_date, one), (other_date, other)| {
            let key = |date: &Option<Timestamp>, step: &Step| {
                (
                    step.rank,
                    step.action == Action::Delete,
                    date.is_none(),
                    *date,
                )
            };
            key(one_date, one)
                .cmp(&key(other_date, other))
                .then_with(|| (&one.digest, &one.tags).cmp(&(&other.digest, &other.tags)))
        });
        for kept in &mut self.kept {
            kept.tags.sort_unstable();
        }
        self.kept.sort_unstable_by(|one, other| {
            let key = |kept: &Kept| kept.tags.is_empty();
            key(one)
                .cmp(&key(other))
                .then_with(|| (&one.tags, &one.digest).cmp(&(&other.tags, &other.digest)))
        });
        (steps.into_iter().map(|(_, step)| step).collect(), self.kept)
    }
}

/// Whether a tag goes alone.
fn is_untag(name: &Name, verdict: Verdict, evaluation: &Evaluation) -> bool {
    let node = evaluation.nodes.get(name.node.index());
    verdict == Verdict::Goes && node != Some(&Verdict::Goes)
}

fn step(graph: &Graph, node: &Node, action: Action, rank: u32, reason: String) -> Step {
    Step {
        action,
        digest: node.digest.clone(),
        tags: Vec::new(),
        media_type: node.media_type.as_deref().map(str::to_owned),
        rank,
        reason,
        leftover: node.is_dummy,
        size: bytes::of(graph, node),
        created: node.created,
        after: None,
    }
}
