//! What is kept, with all that it needs.

use jiff::Timestamp;

use super::graph::{Graph, Id};
use super::rule::{Claims, Fact, ReasonId, Rule, Scope};

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
/// depend on a manifest that was not read, that is wanted.
pub fn evaluate(
    _graph: &Graph,
    _rules: &[Box<dyn Rule>],
    _scope: &Scope,
    _now: Timestamp,
) -> Evaluation {
    Evaluation {
        names: Vec::new(),
        nodes: Vec::new(),
        claims: Claims::default(),
        wanted: Vec::new(),
    }
}
