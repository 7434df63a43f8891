//! Rules for repositories that werf filled, and for others.

use jiff::Timestamp;

use super::index::is_filled;
use crate::cleanup::graph::Graph;
use crate::cleanup::rule::{Claims, Root, Rule};

/// A rule that is about one of both.
pub struct When {
    is_filled: bool,
    rule: Box<dyn Rule>,
}

impl When {
    /// A rule for repositories that werf filled.
    pub fn filled(rule: impl Rule + 'static) -> Self {
        Self {
            is_filled: true,
            rule: Box::new(rule),
        }
    }

    /// A rule for all others.
    pub fn plain(rule: impl Rule + 'static) -> Self {
        Self {
            is_filled: false,
            rule: Box::new(rule),
        }
    }

    fn is_about(&self, graph: &Graph) -> bool {
        is_filled(graph) == self.is_filled
    }
}

impl Rule for When {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        if self.is_about(graph) {
            self.rule.judge(graph, now, claims);
        }
    }

    fn name(&self) -> &str {
        self.rule.name()
    }

    fn against(&self, graph: &Graph, now: Timestamp, root: Root) -> Option<String> {
        match (self.is_about(graph), self.is_filled) {
            (true, _) => self.rule.against(graph, now, root),
            (false, true) => Some("werf has not filled the repository".to_owned()),
            (false, false) => Some("werf has filled the repository".to_owned()),
        }
    }
}
