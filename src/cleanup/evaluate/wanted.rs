//! What has to be known before anything is deleted.

use super::super::graph::{Content, Graph, Id, Kind};
use super::super::rule::{Claims, Fact, Scope};
use super::state::State;
use super::untagged::is_untagged_root;
use crate::oci::media_type::may_be_index;

/// What rules want to know, and what can be found out.
pub(super) fn by_rules(graph: &Graph, claims: &Claims) -> Vec<(Id, Fact)> {
    let open = claims.wanted().iter().filter(|(id, fact)| {
        let node = graph.node(*id);
        match (node.content, fact) {
            (Content::Missing | Content::Unreadable, _) => false,
            (content, Fact::Manifest) => content == Content::Named,
            (content, Fact::Config) => content != Content::ReadWithConfig,
            (content, Fact::Created) => {
                node.created.is_none() && content != Content::ReadWithConfig
            }
            (_, Fact::Referrers) => !node.is_asked,
        }
    });
    let mut open: Vec<_> = open.copied().collect();
    open.sort_unstable();
    open.dedup();
    open
}

/// What decides whether manifests may go: what they say themselves, what refers to them, and
/// whether they belong to something that stays.
pub(super) fn of(state: &State<'_>, undated: &[Id], scope: &Scope) -> Vec<(Id, Fact)> {
    let graph = state.graph();
    let mut wanted: Vec<_> = undated.iter().map(|id| (*id, Fact::Created)).collect();
    let is_any = !wanted.is_empty() || graph.nodes().any(|(id, _)| state.goes(id));
    for (id, node) in graph.nodes() {
        let goes = state.goes(id);
        let may_list = is_any && node.media_type.as_deref().is_none_or(may_be_index);
        match node.content {
            Content::Named if goes || may_list || scope.exact_bytes => {
                wanted.push((id, Fact::Manifest));
            }
            Content::Read | Content::ReadWithConfig
                if goes && !node.is_asked && has_referrers_of_its_own(state, id) =>
            {
                wanted.push((id, Fact::Referrers));
            }
            _ => {}
        }
    }
    wanted
}

/// Whether a manifest is one that people sign: named by a tag or by nothing at all, or a referrer
/// itself. What only belongs to an index is signed with it.
fn has_referrers_of_its_own(state: &State<'_>, id: Id) -> bool {
    let graph = state.graph();
    let mut names = state.links.names.of(id);
    names.any(|name| graph.tag(name).kind == Kind::Image)
        || graph.node(id).subject.is_some()
        || is_untagged_root(state, id)
}
