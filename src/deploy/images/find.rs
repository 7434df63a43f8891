//! Where a document names images.

use std::collections::{HashMap, HashSet};

use saphyr_parser::ScalarStyle;

use super::tree::{Documents, Node, Value};
use crate::pattern::Pattern;

/// Maps whose keys are chosen freely, so that `image` among them says nothing.
const FREE: [&str; 8] = [
    "metadata",
    "labels",
    "annotations",
    "matchLabels",
    "selector",
    "nodeSelector",
    "environment",
    "variables",
];

/// The keys of parts of a name that stands under several keys.
const PARTS: [&str; 4] = ["repository", "tag", "registry", "digest"];

/// A name that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) line: usize,
    /// Where it is, in characters.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
    pub(super) form: Form,
}

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    Scalar(ScalarStyle),
    Alias,
}

/// Why a name that stands somewhere is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Its parts are under keys of their own, and only whoever reads them knows how they go
    /// together.
    Parts,
    /// It names what is built here, and is not in a registry yet.
    Built,
}

/// Goes through documents.
pub(super) struct Search<'d> {
    anchored: &'d HashMap<usize, String>,
    keys: &'d [Pattern],
    /// Anchors of names that were found: what is an alias of them changes with them.
    changed: HashSet<usize>,
    pub(super) found: Vec<Found>,
    pub(super) left: Vec<(usize, Left)>,
}

/// What is known of a place by what is above it.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// An object of Kubernetes.
    kubernetes: bool,
    /// A map whose keys are chosen freely.
    free: bool,
}

impl<'d> Search<'d> {
    /// Finds the names under `image`, and under keys that match.
    pub(super) fn run(documents: &'d Documents, keys: &'d [Pattern]) -> Self {
        let mut search = Self {
            anchored: &documents.anchored,
            keys,
            changed: HashSet::new(),
            found: Vec::new(),
            left: Vec::new(),
        };
        for root in &documents.roots {
            search.node(root, Inside::default());
        }
        search
    }

    fn node(&mut self, node: &Node, inside: Inside) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.node(item, inside)),
            Value::Map(entries) => self.map(entries, inside),
            Value::Scalar(..) | Value::Alias(_) => {}
        }
    }

    fn map(&mut self, entries: &[(Node, Node)], mut inside: Inside) {
        let kind = value(entries, "kind").filter(|_| value(entries, "apiVersion").is_some());
        inside.kubernetes |= kind.is_some();
        let is_data = kind.and_then(text);
        let is_data = is_data.is_some_and(|kind| matches!(kind, "ConfigMap" | "Secret"));
        let named = value(entries, "name").and_then(text);
        let is_named = named.is_some_and(|name| self.wants(name));
        for (key, node) in entries {
            let Some(key) = text(key) else {
                self.node(node, inside);
                continue;
            };
            let free = FREE.contains(&key) || is_data && key.to_lowercase().ends_with("data");
            let below = Inside {
                free: inside.free || free,
                ..inside
            };
            if self.wants(key) || key == "value" && is_named {
                self.named(node, below);
            } else if key == "image" && !inside.free {
                self.image(node, entries, below);
            } else {
                self.node(node, below);
            }
        }
    }

    fn wants(&self, key: &str) -> bool {
        self.keys.iter().any(|pattern| pattern.matches(key))
    }

    /// What stands under `image`, beside these entries.
    fn image(&mut self, node: &Node, beside: &[(Node, Node)], inside: Inside) {
        match &node.value {
            Value::Map(parts) if has(parts, &PARTS) => self.left.push((node.line, Left::Parts)),
            Value::Map(parts) => {
                // A volume of Kubernetes, or a job of GitLab.
                let key = if inside.kubernetes {
                    "reference"
                } else {
                    "name"
                };
                match value(parts, key) {
                    Some(name) => self.name(name),
                    None => self.map(parts, inside),
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.node(item, inside)),
            Value::Scalar(..) | Value::Alias(_) if has(beside, &["repository", "tag"]) => {
                self.left.push((node.line, Left::Parts));
            }
            Value::Scalar(..) | Value::Alias(_) if has(beside, &["build"]) => {
                self.left.push((node.line, Left::Built));
            }
            Value::Scalar(..) | Value::Alias(_) => self.name(node),
        }
    }

    /// What stands under a key that the user named: a name, or several, or what has a name.
    fn named(&mut self, node: &Node, inside: Inside) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.named(item, inside)),
            Value::Map(parts) => match value(parts, "name") {
                Some(name) => self.name(name),
                None => self.map(parts, inside),
            },
            Value::Scalar(..) | Value::Alias(_) => self.name(node),
        }
    }

    fn name(&mut self, node: &Node) {
        let (text, form) = match &node.value {
            Value::Scalar(text, style) => {
                if node.anchor > 0 {
                    self.changed.insert(node.anchor);
                }
                (text, Form::Scalar(*style))
            }
            Value::Alias(anchor) => match self.anchored.get(anchor) {
                Some(text) if !self.changed.contains(anchor) => (text, Form::Alias),
                _ => return,
            },
            Value::List(_) | Value::Map(_) => return,
        };
        let is_null = form == Form::Scalar(ScalarStyle::Plain)
            && matches!(text.as_str(), "~" | "null" | "Null" | "NULL");
        if text.trim().is_empty() || is_null {
            return;
        }
        self.found.push(Found {
            line: node.line,
            start: node.start,
            end: node.end,
            text: text.clone(),
            form,
        });
    }
}

fn value<'n>(entries: &'n [(Node, Node)], key: &str) -> Option<&'n Node> {
    let mut entries = entries.iter();
    let (_, found) = entries.find(|(found, _)| text(found) == Some(key))?;
    Some(found)
}

fn has(entries: &[(Node, Node)], keys: &[&str]) -> bool {
    keys.iter().any(|key| value(entries, key).is_some())
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar(text, _) => Some(text),
        _ => None,
    }
}
