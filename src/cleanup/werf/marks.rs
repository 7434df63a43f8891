//! The stages that stay, as far as it was found out.

use std::collections::HashSet;

use super::index::{Index, Stage};
use crate::cleanup::graph::{Content, Graph, Id, NameId, Node};
use crate::cleanup::rule::{Claims, Fact, Root};
use crate::pattern::Pattern;

/// What werf's own things stay by.
const NAME: &str = "werf";

/// The stages that stay.
pub(super) struct Marks<'a, 'g> {
    pub(super) graph: &'g Graph,
    pub(super) index: &'a Index<'g>,
    pub(super) claims: &'a mut Claims,
    stays: HashSet<&'g str>,
    /// Those of which nobody has looked yet what belongs to them.
    fresh: Vec<&'g str>,
    /// Tags that stay whatever is found out here.
    taken: HashSet<NameId>,
}

impl<'a, 'g> Marks<'a, 'g> {
    pub(super) fn new(graph: &'g Graph, index: &'a Index<'g>, claims: &'a mut Claims) -> Self {
        Self {
            graph,
            index,
            claims,
            stays: HashSet::new(),
            fresh: Vec::new(),
            taken: HashSet::new(),
        }
    }

    /// Takes over what other rules keep, what is outside of the scope, and what stays since it
    /// cannot be read, or the registry does not let it go. A stage that has a tag that stays so
    /// keeps its own, too.
    pub(super) fn take_over(&mut self, only: &[Pattern]) {
        let mut nodes: HashSet<Id> = HashSet::new();
        let mut reasons = Vec::new();
        for (root, reason) in self.claims.kept() {
            let node = match root {
                Root::Name(name) => {
                    self.taken.insert(*name);
                    self.graph.tag(*name).node
                }
                Root::Node(node) => *node,
            };
            if nodes.insert(node) {
                reasons.push((node, *reason));
            }
        }
        for (node, reason) in reasons {
            for stage in self.index.stages_of(node) {
                if let Some(found) = self.insert(stage) {
                    self.claims.keep(Root::Name(found.name), reason);
                }
            }
        }
        for (stage, found) in &self.index.stages {
            let node = self.graph.node(found.node);
            if !Pattern::any(only, stage) {
                self.mark(stage, "left", "the policy is not about it");
            } else if matches!(node.content, Content::Missing | Content::Unreadable) {
                self.mark(stage, "unknown", "it could not be read");
            } else if node.is_protected {
                self.mark(stage, "protected", "the registry does not let it go");
            }
        }
        let outside = self.index.others.iter();
        let outside = outside.filter(|(tag, _)| !Pattern::any(only, tag));
        self.taken.extend(outside.map(|(_, name)| *name));
    }

    /// A stage stays. What is known of it so far stays the reason.
    pub(super) fn mark(&mut self, stage: &'g str, rule: &str, what: &str) {
        if let Some(found) = self.insert(stage) {
            let reason = self.claims.reason(rule, what);
            self.claims.keep(Root::Name(found.name), reason);
        }
    }

    /// The stage, if it is there and did not stay before.
    fn insert(&mut self, stage: &'g str) -> Option<Stage> {
        let found = self.index.stages.get(stage)?;
        self.stays.insert(stage).then(|| {
            self.fresh.push(stage);
            *found
        })
    }

    /// Another tag than a stage's stays.
    pub(super) fn keep(&mut self, name: NameId, what: &str) {
        let reason = self.claims.reason(NAME, what);
        self.claims.keep(Root::Name(name), reason);
    }

    /// Whether a stage is there, and stays.
    pub(super) fn stays(&self, stage: &str) -> bool {
        self.stays.contains(stage)
    }

    /// Whether a tag stays whatever becomes of stages.
    pub(super) fn is_taken(&self, name: NameId) -> bool {
        self.taken.contains(&name)
    }

    /// A record is about a stage: it stays as long as that stays, and goes after it.
    pub(super) fn tie(&mut self, record: NameId, stage: &str) {
        if self.stays(stage) {
            self.keep(record, "the stage that it is about stays");
        } else if let Some(found) = self.index.stages.get(stage) {
            self.claims.follow(record, found.name);
        }
    }

    /// Whether all stages stay.
    pub(super) fn is_whole(&self) -> bool {
        self.stays.len() == self.index.stages.len()
    }

    /// The stages that do not stay so far.
    pub(super) fn open(&self) -> Vec<(&'g str, Stage)> {
        let stages = self.index.stages.iter();
        let open = stages.filter(|(stage, _)| !self.stays(stage));
        let mut open: Vec<_> = open.map(|(stage, found)| (*stage, *found)).collect();
        open.sort_unstable_by_key(|(stage, _)| *stage);
        open
    }

    /// A stage of which it is to be found out what belongs to it.
    pub(super) fn next(&mut self) -> Option<&'g str> {
        self.fresh.pop()
    }

    /// A manifest with what its config says, if that is known; else it is asked for.
    pub(super) fn read(&mut self, id: Id) -> Option<&'g Node> {
        let node = self.graph.node(id);
        match node.content {
            Content::ReadWithConfig => Some(node),
            Content::Named | Content::Read => {
                self.claims.want(id, Fact::Config);
                None
            }
            Content::Missing | Content::Unreadable => None,
        }
    }
}
