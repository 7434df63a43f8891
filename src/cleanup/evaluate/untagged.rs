//! What no tag leads to, and what belongs to nothing that is there.

use jiff::Timestamp;

use super::super::graph::{Content, Graph, Id, Kind, NameId, Node};
use super::super::rule::{Scope, Untagged};
use super::super::times::believable;
use super::state::State;

/// How such things are judged.
pub(super) struct Orphans {
    policy: Untagged,
    now: Timestamp,
    /// Whether cosign's tags are about images of this repository, as far as can be seen.
    has_signed: bool,
}

impl Orphans {
    pub(super) fn new(graph: &Graph, scope: &Scope, now: Timestamp) -> Self {
        let has_signed = graph.names().any(|(_, name)| match name.kind {
            Kind::Cosign(subject) => graph.node(subject).content != Content::Missing,
            _ => false,
        });
        Self {
            policy: scope.untagged,
            now,
            has_signed,
        }
    }

    /// Whether a tag belongs to a manifest that is not in the repository, and stays nevertheless.
    pub(super) fn stays(&self, graph: &Graph, name: NameId) -> bool {
        let name = graph.tag(name);
        let (subject, is_ours) = match name.kind {
            Kind::Referrers(subject) => (subject, true),
            Kind::Cosign(subject) => {
                let is_ours = self.has_signed || self.policy == Untagged::Go;
                (subject, is_ours)
            }
            Kind::Image | Kind::Cut | Kind::Leftover => return false,
        };
        let is_gone = graph.node(subject).content == Content::Missing;
        is_gone && !(is_ours && self.goes(name.pushed.or(date(graph.node(name.node)))))
    }

    /// Whether what has this date goes.
    fn goes(&self, date: Option<Timestamp>) -> bool {
        let age = match self.policy {
            Untagged::Stay => return false,
            Untagged::Go => return true,
            Untagged::OlderThan(age) => age,
        };
        let latest = self.now.checked_sub(age).unwrap_or(Timestamp::MIN);
        date.is_some_and(|date| believable(date, self.now) && date < latest)
    }

    /// Whether a manifest that no tag of an image leads to goes or stays by itself, and not with
    /// what it belongs to. If all are to go, it does not matter with what.
    fn is_about(&self, state: &State<'_>, id: Id) -> bool {
        match self.policy {
            Untagged::Go => true,
            Untagged::Stay | Untagged::OlderThan(_) => is_untagged_root(state, id),
        }
    }

    /// Whether the date of a manifest decides, and is not known yet.
    fn asks(&self, node: &Node) -> bool {
        let may_be_found = matches!(node.content, Content::Named | Content::Read);
        matches!(self.policy, Untagged::OlderThan(_)) && date(node).is_none() && may_be_found
    }
}

/// When a manifest was pushed or, where that is not known, made.
fn date(node: &Node) -> Option<Timestamp> {
    node.pushed.or(node.created)
}

/// Drops the manifests without tags that are old enough, and belong to nothing else that is there.
/// Those whose dates have to be found out first are the result.
pub(super) fn judge(state: &mut State<'_>, orphans: &Orphans) -> Vec<Id> {
    let graph = state.graph();
    let mut undated = Vec::new();
    for (id, node) in graph.nodes() {
        let is_open = state.verdict(id).is_none() && !state.is_reached(id);
        if is_open && node.content != Content::Missing && orphans.is_about(state, id) {
            if orphans.goes(date(node)) {
                state.reach(id);
            } else if orphans.asks(node) {
                undated.push(id);
            }
        }
    }
    undated
}

/// Whether no tag names a manifest, no index lists it, and what it may refer to is not there.
pub(super) fn is_untagged_root(state: &State<'_>, id: Id) -> bool {
    let graph = state.graph();
    let subject = graph.node(id).subject;
    state.links.names.of(id).next().is_none()
        && !state.links.is_listed(id)
        && subject.is_none_or(|subject| graph.node(subject).content == Content::Missing)
}
