//! What in a policy has no effect on a repository, or too much.

use std::collections::{HashMap, HashSet};
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::cleanup::graph::{Graph, Id, NameId};
use crate::cleanup::rule::{Claims, Root, Rule, Scope};
use crate::pattern::Pattern;

/// Something that its author may not have meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", content = "rule", rename_all = "kebab-case")]
pub enum Warning {
    /// A rule keeps nothing.
    KeepsNothing(String),
    /// Other rules keep all that a rule keeps.
    Shadowed(String),
    /// No tag is kept.
    DropsEverything,
    /// There are tags, and the policy is about none of them.
    AboutNothing,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeepsNothing(rule) => write!(f, "rule `{rule}` keeps nothing"),
            Self::Shadowed(rule) => {
                write!(
                    f,
                    "rule `{rule}` changes nothing: others keep what it keeps"
                )
            }
            Self::DropsEverything => f.write_str("no tag is kept"),
            Self::AboutNothing => f.write_str("`only` means none of the tags"),
        }
    }
}

/// Looks for it. What rules still want to know is taken as kept.
pub fn lint(graph: &Graph, rules: &[Box<dyn Rule>], scope: &Scope, now: Timestamp) -> Vec<Warning> {
    let images = graph.images();
    let about: HashMap<NameId, Id> = images
        .filter(|(_, name)| Pattern::any(&scope.only, name.tag.as_str()))
        .map(|(id, name)| (id, name.node))
        .collect();
    if about.is_empty() {
        return match graph.images().next() {
            Some(_) => vec![Warning::AboutNothing],
            None => Vec::new(),
        };
    }
    let kept: Vec<HashSet<NameId>> = rules
        .iter()
        .map(|rule| kept_by(rule.as_ref(), graph, now, &about))
        .collect();
    let mut keepers: HashMap<NameId, usize> = HashMap::new();
    for name in kept.iter().flatten() {
        *keepers.entry(*name).or_default() += 1;
    }
    let mut warnings = Vec::new();
    for (rule, names) in rules.iter().zip(&kept) {
        let is_alone = |name| keepers.get(name) == Some(&1);
        if names.is_empty() {
            warnings.push(Warning::KeepsNothing(rule.name().to_owned()));
        } else if !names.iter().any(is_alone) {
            warnings.push(Warning::Shadowed(rule.name().to_owned()));
        }
    }
    if keepers.is_empty() {
        warnings.push(Warning::DropsEverything);
    }
    warnings
}

fn kept_by(
    rule: &dyn Rule,
    graph: &Graph,
    now: Timestamp,
    about: &HashMap<NameId, Id>,
) -> HashSet<NameId> {
    let mut claims = Claims::default();
    rule.judge(graph, now, &mut claims);
    let (mut names, mut nodes) = (HashSet::new(), HashSet::new());
    for (root, _) in claims.kept() {
        match root {
            Root::Name(name) => _ = names.insert(*name),
            Root::Node(node) => _ = nodes.insert(*node),
        }
    }
    nodes.extend(claims.wanted().iter().map(|(node, _)| *node));
    let is_kept = |(name, node): &(&NameId, &Id)| names.contains(name) || nodes.contains(node);
    about
        .iter()
        .filter(is_kept)
        .map(|(name, _)| *name)
        .collect()
}
