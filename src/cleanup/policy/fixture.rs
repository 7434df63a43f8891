//! Policies and repositories for tests, in few words.

use jiff::Timestamp;

use super::cases::images;
use super::document::parse;
use super::{Policy, dockside};
use crate::cleanup::graph::{Graph, Kind};
use crate::cleanup::rule::{Claims, Root, Rule};

/// The time of all tests.
pub(super) const NOW: &str = "2026-06-30T00:00:00Z";

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A repository, as cases write one.
pub(super) fn graph(images: &str) -> Graph {
    images::graph(&parse(images).unwrap(), Some(now())).unwrap()
}

/// A policy without its first line.
pub(super) fn policy(text: &str) -> Policy {
    dockside::policy(&format!("version: 1\n{text}")).unwrap()
}

/// What is wrong with a text.
pub(super) fn fault(text: &str) -> String {
    dockside::policy(text).unwrap_err().to_string()
}

/// What the rules say: `TAG: RULE: WHAT`, and `TAG: wants FACT`.
pub(super) fn said(rules: &[Box<dyn Rule>], graph: &Graph) -> Vec<String> {
    let mut claims = Claims::default();
    for rule in rules {
        rule.judge(graph, now(), &mut claims);
    }
    let tags = |root: &Root| -> Vec<String> {
        let is_it = |name: &crate::cleanup::graph::NameId, node| match root {
            Root::Name(id) => id == name,
            Root::Node(id) => *id == node,
        };
        let images = graph.names().filter(|(_, name)| name.kind == Kind::Image);
        let found = images.filter(|(id, name)| is_it(id, name.node));
        found.map(|(_, name)| name.tag.to_string()).collect()
    };
    let mut lines = Vec::new();
    for (root, reason) in claims.kept() {
        let reason = &claims.reasons()[reason.index()];
        let line = |tag| format!("{tag}: {}: {}", reason.rule, reason.what);
        lines.extend(tags(root).into_iter().map(line));
    }
    for (node, fact) in claims.wanted() {
        let line = |tag| format!("{tag}: wants {fact:?}");
        lines.extend(tags(&Root::Node(*node)).into_iter().map(line));
    }
    lines
}

/// The tags that rules keep, sorted.
pub(super) fn kept(rules: &[Box<dyn Rule>], graph: &Graph) -> Vec<String> {
    let lines = said(rules, graph).into_iter();
    let mut tags: Vec<String> = lines
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}
