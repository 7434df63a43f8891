//! What is kept, with all that it needs.

mod state;
mod untagged;
mod wanted;

use std::collections::BTreeSet;

use jiff::Timestamp;

use self::state::State;
use self::untagged::Orphans;
use super::graph::{Content, Graph, Id, Kind};
use super::links::indexes_of;
use super::rule::{Claims, Fact, ReasonId, Root, Rule, Scope};
use crate::pattern::Pattern;

/// What becomes of a tag or a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A rule keeps it.
    Kept(ReasonId),
    /// It belongs to something that is kept: the manifest through which it is reached.
    Needed(Id),
    /// It is no business of the policy: outside of what it is about, or untagged and not old
    /// enough.
    Left,
    /// Too little is known of it.
    Unknown,
    /// It goes.
    Goes,
}

/// What plans call the reason why something stays that too little is known of.
pub(super) const UNKNOWN: &str = "unknown";

/// The verdicts on a repository.
#[derive(Debug)]
pub struct Evaluation {
    /// One for each of [`Graph::names`].
    pub names: Vec<Verdict>,
    /// One for each of [`Graph::nodes`].
    pub nodes: Vec<Verdict>,
    /// What the rules said.
    pub claims: Claims,
    /// What has to be known before the verdicts are final; nothing, when they are.
    pub wanted: Vec<(Id, Fact)>,
}

/// Asks the rules, and adds to what they keep all that it needs: children of indexes, what refers
/// to a kept manifest (referrers, lists of them, cosign's tags), to any depth. Where a verdict may
/// depend on a manifest that was not read, that is wanted; the rules' own wishes come first.
///
/// What goes are tags that nothing keeps, manifests that only such tags name, and what belongs to
/// these alone. A manifest that no tag leads to goes by [`Scope::untagged`] only; and so do a
/// referrer, a list of referrers and a tag of cosign whose subject is not in the repository. Of
/// cosign's tags this holds only where other subjects are there: a repository can be the store of
/// signatures for others (`COSIGN_REPOSITORY`).
///
/// A manifest that cannot be read and has no tag of its own keeps the indexes that list it: many
/// registries collect what nothing leads to. Tags that a removal left at a dummy go, whatever the
/// rules say of their names.
///
/// While something that may be an index cannot be read, any manifest may belong to it: nothing
/// goes then, tags neither, since their manifests would stay without any. While a part of the
/// repository is not known at all (a fatal [`Gap`](super::Gap)), nothing goes, and nothing is
/// wanted.
pub fn evaluate(
    graph: &Graph,
    rules: &[Box<dyn Rule>],
    scope: &Scope,
    now: Timestamp,
) -> Evaluation {
    let mut claims = Claims::default();
    for rule in rules {
        rule.judge(graph, now, &mut claims);
    }
    if let Some((first, _)) = graph.nodes().find(|(_, node)| node.is_protected) {
        let reason = claims.reason("protected", "the registry does not let it go");
        let nodes = graph.nodes().skip(first.index());
        for (id, _) in nodes.filter(|(_, node)| node.is_protected) {
            claims.keep(Root::Node(id), reason);
        }
    }
    keep_ways_in(graph, &mut claims);
    let mut state = State::new(graph);
    keep(&mut state, &claims);
    if graph.gaps.iter().any(|gap| gap.is_fatal) {
        state.stay_all(Verdict::Unknown);
        return state.finish(claims, Vec::new());
    }
    let orphans = Orphans::new(graph, scope, now);
    leave(&mut state, scope, &orphans);
    let mut wanted = wanted::by_rules(graph, &claims);
    if graph.blind_spot().is_some() {
        state.stay_all(Verdict::Unknown);
        return state.finish(claims, wanted);
    }
    state.drop_names();
    let undated = untagged::judge(&mut state, &orphans);
    state.leave_the_rest();
    if wanted.is_empty() {
        wanted = wanted::of(&state, &undated, scope);
    }
    state.finish(claims, wanted)
}

/// Keeps the indexes that list what has no tag of its own and could not be read.
fn keep_ways_in(graph: &Graph, claims: &mut Claims) {
    let unreadable = graph.nodes();
    let unreadable = unreadable.filter(|(_, node)| node.content == Content::Unreadable);
    let mut lost: BTreeSet<Id> = unreadable.map(|(id, _)| id).collect();
    if lost.is_empty() {
        return;
    }
    for (_, name) in graph.names() {
        lost.remove(&name.node);
    }
    for (index, child) in indexes_of(graph, lost) {
        let child = graph.node(child);
        let what = match child.content {
            Content::Unreadable => format!("it lists {}, which could not be read", child.digest),
            _ => format!("it lists {}, which has to stay", child.digest),
        };
        let reason = claims.reason(UNKNOWN, what);
        claims.keep(Root::Node(index), reason);
    }
}

/// What the rules keep, and what they cannot judge yet, with all that it needs.
fn keep(state: &mut State<'_>, claims: &Claims) {
    for (root, reason) in claims.kept() {
        let kept = Verdict::Kept(*reason);
        match root {
            Root::Name(name) => state.stay_name(*name, kept),
            Root::Node(node) => {
                state.stay_names_of(*node, kept);
                state.stay(*node, kept);
            }
        }
    }
    for (node, _) in claims.wanted() {
        state.stay_names_of(*node, Verdict::Unknown);
        state.stay(*node, Verdict::Unknown);
    }
    state.spread();
}

/// What stays since it is outside of the scope, or cannot be read, with all that it needs.
fn leave(state: &mut State<'_>, scope: &Scope, orphans: &Orphans) {
    let graph = state.graph();
    for (id, node) in graph.nodes() {
        let is_doubtful = match node.content {
            Content::Unreadable => true,
            // What a tag names should be there: the registry may err.
            Content::Missing => state.has_image_tag(id),
            Content::Named | Content::Read | Content::ReadWithConfig => false,
        };
        if is_doubtful {
            state.stay_names_of(id, Verdict::Unknown);
            state.stay(id, Verdict::Unknown);
        }
    }
    for (id, name) in graph.names() {
        let is_left = match name.kind {
            Kind::Image => !Pattern::any(&scope.only, name.tag.as_str()),
            Kind::Cut => true,
            Kind::Leftover => false,
            Kind::Referrers(_) | Kind::Cosign(_) => orphans.stays(graph, id),
        };
        if is_left {
            state.stay_name(id, Verdict::Left);
        }
    }
    state.spread();
}
