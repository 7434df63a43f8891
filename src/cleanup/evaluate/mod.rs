//! What is kept, with all that it needs.

mod state;
mod untagged;
mod wanted;

use jiff::Timestamp;

use self::state::State;
use self::untagged::Orphans;
use super::graph::{Content, Graph, Id, Kind};
use super::rule::{Claims, Fact, ReasonId, Root, Rule, Scope};
use crate::oci::media_type::may_be_index;
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
/// While something that may be an index cannot be read, any manifest may belong to it: none goes,
/// nor the last tag of any. While a part of the repository is not known at all (a fatal
/// [`Gap`](super::Gap)), nothing goes, and nothing is wanted.
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
    let mut state = State::new(graph);
    keep(&mut state, &claims);
    if graph.gaps.iter().any(|gap| gap.is_fatal) {
        state.stay_all(Verdict::Unknown);
        return state.finish(claims, Verdict::Unknown, Vec::new());
    }
    let orphans = Orphans::new(graph, scope, now);
    leave(&mut state, scope, &orphans);
    state.drop_names();
    let undated = untagged::judge(&mut state, &orphans);
    state.leave_the_rest();
    let mut wanted = wanted::by_rules(graph, &claims);
    if is_blind(graph) {
        return state.finish(claims, Verdict::Unknown, wanted);
    }
    if wanted.is_empty() {
        wanted = wanted::of(&state, &undated, scope);
    }
    state.finish(claims, Verdict::Goes, wanted)
}

/// Whether something that could not be read may list any manifest.
fn is_blind(graph: &Graph) -> bool {
    graph.nodes().any(|(_, node)| {
        node.content == Content::Unreadable && node.media_type.as_deref().is_none_or(may_be_index)
    })
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
        if node.content == Content::Unreadable {
            state.stay_names_of(id, Verdict::Unknown);
            state.stay(id, Verdict::Unknown);
        }
    }
    for (id, name) in graph.names() {
        let is_left = match name.kind {
            Kind::Image => !Pattern::any(&scope.only, name.tag.as_str()),
            Kind::Cut => true,
            Kind::Referrers(_) | Kind::Cosign(_) => orphans.stays(graph, id),
        };
        if is_left {
            state.stay_name(id, Verdict::Left);
        }
    }
    state.spread();
}
