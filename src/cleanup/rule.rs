//! What rules say of a repository.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::graph::{Graph, Id, NameId};
use crate::pattern::Pattern;

/// Something that says which images of a repository are kept. What any of them keeps is kept. They
/// are asked in their order, so that one can add what belongs to what those before it keep.
pub trait Rule: Send + Sync {
    /// Says what is kept, and which facts it has to know first. It is asked again when they are
    /// known; until then what it wants to know of is kept for the time being.
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims);

    /// What the policy calls it, as in its [`Reason`]s.
    fn name(&self) -> &str {
        "another rule"
    }

    /// Why it does not keep something, for people; it is asked only of what it does not keep.
    fn against(&self, _graph: &Graph, _now: Timestamp, _root: Root) -> Option<String> {
        None
    }
}

/// One rule for several repositories.
impl<R: Rule + ?Sized> Rule for Arc<R> {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        (**self).judge(graph, now, claims);
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn against(&self, graph: &Graph, now: Timestamp, root: Root) -> Option<String> {
        (**self).against(graph, now, root)
    }
}

/// What a cleanup is about. What is outside of it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The tags; all, if there is no pattern.
    pub only: Vec<Pattern>,
    /// The manifests that no tag leads to, not even through an index or a subject.
    pub untagged: Untagged,
    /// Whether manifests that stay are read too, so that the bytes that are freed are known: a
    /// request for each.
    pub exact_bytes: bool,
}

/// Which manifests without tags go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Untagged {
    /// None. What only belonged to something that goes, goes with it nevertheless.
    #[default]
    Stay,
    /// Those that were pushed, or at least made, longer ago. Without a believable time they stay.
    OlderThan(Duration),
    /// All.
    Go,
}

/// What is kept: a tag, or a manifest whatever its tags are. A manifest that is kept by its digest
/// keeps its tags, too: many registries collect what has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// A tag, and with it what it names.
    Name(NameId),
    /// A manifest.
    Node(Id),
}

/// What may have to be known of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// What the manifest says: annotations, children, subject, blobs.
    Manifest,
    /// What its config says: labels, and when it was made. Of an index: that of its first image.
    Config,
    /// When it was made, by whatever says it first: the registry's list, the annotation, the
    /// config.
    Created,
    /// What refers to the manifest without any tag that says so: one request, where the registry
    /// has an API for that. Known as soon as [`Node::is_asked`](super::Node::is_asked).
    Referrers,
}

/// Why something is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The rule, as the policy calls it.
    pub rule: String,
    /// What it found, for people: `branch main, commit 1a2b3c4d`.
    pub what: String,
}

/// A reason of [`Claims`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReasonId(u32);

/// What the rules said.
#[derive(Debug, Default)]
pub struct Claims {
    reasons: Vec<Reason>,
    by_reason: HashMap<Reason, ReasonId>,
    kept: Vec<(Root, ReasonId)>,
    wanted: Vec<(Id, Fact)>,
    followers: Vec<(NameId, NameId)>,
}

impl Claims {
    /// The number of a reason, for any number of roots.
    pub fn reason(&mut self, rule: &str, what: impl Into<String>) -> ReasonId {
        let reason = Reason {
            rule: rule.to_owned(),
            what: what.into(),
        };
        let next = ReasonId(u32::try_from(self.reasons.len()).unwrap_or(u32::MAX));
        let id = *self.by_reason.entry(reason.clone()).or_insert(next);
        if id == next {
            self.reasons.push(reason);
        }
        id
    }

    /// Something is kept.
    pub fn keep(&mut self, root: Root, reason: ReasonId) {
        self.kept.push((root, reason));
    }

    /// A fact has to be known first.
    pub fn want(&mut self, node: Id, fact: Fact) {
        self.wanted.push((node, fact));
    }

    /// Where both of these tags go, the first one goes only after the second, and stays if that
    /// stays after all: it says something about it.
    pub fn follow(&mut self, follower: NameId, leader: NameId) {
        self.followers.push((follower, leader));
    }

    /// All tags that follow others, each with the one that it follows.
    pub fn followers(&self) -> &[(NameId, NameId)] {
        &self.followers
    }

    /// All that is kept, in the order in which it was said.
    pub fn kept(&self) -> &[(Root, ReasonId)] {
        &self.kept
    }

    /// All that has to be known.
    pub fn wanted(&self) -> &[(Id, Fact)] {
        &self.wanted
    }

    /// All reasons; [`ReasonId::index`] is the place of each.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl ReasonId {
    /// Its place among [`Claims::reasons`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
