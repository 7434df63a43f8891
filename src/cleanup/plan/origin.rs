//! With what a manifest goes.

use super::super::evaluate::{Evaluation, Verdict};
use super::super::graph::{Graph, Id, Kind};
use super::super::links::Links;

/// For each manifest that goes since it belongs to another one: that one, which a tag or nothing at
/// all led to.
pub(super) fn origins(
    graph: &Graph,
    links: &Links,
    evaluation: &Evaluation,
    ranks: &[u32],
) -> Vec<Option<Id>> {
    let goes = |id: Id| evaluation.nodes.get(id.index()) == Some(&Verdict::Goes);
    let is_image = |id: Id| {
        let mut names = links.names.of(id);
        names.any(|name| graph.tag(name).kind == Kind::Image)
    };
    let is_first = |id: Id| ranks.get(id.index()) == Some(&0);
    let mut origins = vec![None; graph.nodes().len()];
    // What tags led to comes first, so that it is what is named.
    let going = || graph.nodes().map(|(id, _)| id).filter(|id| goes(*id));
    let images = going().filter(|id| is_image(*id));
    let others = going().filter(|id| !is_image(*id) && is_first(*id));
    for origin in images.chain(others) {
        let mut stack = vec![origin];
        while let Some(id) = stack.pop() {
            for next in links.below(graph, id) {
                if let Some(place @ None) = origins.get_mut(next.index())
                    && next != origin
                    && goes(next)
                {
                    *place = Some(origin);
                    stack.push(next);
                }
            }
        }
    }
    origins
}
