//! Tests of policies: repositories, and what of them has to stay and to go.

pub(super) mod images;
mod reading;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::Policy;
use super::document;
use super::error::Error;
use super::lint::{Warning, lint};
use crate::cleanup::evaluate::{Verdict, evaluate};
use crate::cleanup::graph::{Graph, NameId};
use crate::cleanup::rule::{Claims, Root, Rule};
use crate::pattern::Pattern;

/// A file of cases.
#[derive(Debug)]
pub struct Cases {
    /// The policy that they are about.
    pub policy: PathBuf,
    /// In their order.
    pub cases: Vec<Case>,
}

/// A repository, and what is expected of it.
#[derive(Debug)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// What time it is.
    pub now: Timestamp,
    /// The repository.
    pub inventory: Inventory,
    /// What rules keep that need git or a cluster: by their names, the tags.
    pub assumed: Vec<(String, Vec<Pattern>)>,
    expected: Vec<Expected>,
    /// What has to become of tags that are not named; nothing in particular, if it is not said.
    rest: Option<Fate>,
}

/// Where a repository is from.
#[derive(Debug)]
pub enum Inventory {
    /// A recorded one.
    Recorded(PathBuf),
    /// One that is written down in the case.
    Written(Box<Graph>),
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It stays.
    Kept,
    /// It goes.
    Dropped,
}

#[derive(Debug)]
struct Expected {
    tags: Pattern,
    fate: Fate,
    rule: Option<String>,
}

/// How a case went: well, if there are no mistakes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The name of the case.
    pub name: String,
    /// What is not as expected.
    pub mistakes: Vec<Mistake>,
    /// What the author of the policy may not have meant.
    pub warnings: Vec<Warning>,
}

/// What is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "mistake", rename_all = "kebab-case")]
pub enum Mistake {
    /// The other thing would become of a tag.
    #[error("`{tag}` {}", fates(*.found))]
    Fate {
        /// The tag.
        tag: String,
        /// What should.
        expected: Fate,
        /// What would.
        found: Fate,
    },
    /// Another rule keeps it, or none.
    #[error("`{tag}` is not kept by `{expected}`{}", by(.found))]
    Rule {
        /// The tag.
        tag: String,
        /// The rule that should.
        expected: String,
        /// Those that do.
        found: Vec<String>,
    },
    /// What is expected is of no tag.
    #[error("no tag is `{pattern}`")]
    NoTag {
        /// The tags that are expected.
        pattern: String,
    },
}

fn fates(found: Fate) -> &'static str {
    match found {
        Fate::Kept => "stays, and should go",
        Fate::Dropped => "goes, and should stay",
    }
}

fn by(rules: &[String]) -> String {
    match rules.is_empty() {
        true => String::new(),
        false => format!(", but by {}", rules.join(", ")),
    }
}

impl Cases {
    /// Reads a file. What it names is meant from its own directory.
    ///
    /// # Errors
    /// It cannot be read, or is none of cases.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = document::read(path)?;
        let cases = reading::cases(&text).map_err(|fault| Error::At(path.to_owned(), fault));
        let mut cases = cases?;
        let directory = path.parent().unwrap_or(Path::new(""));
        cases.policy = directory.join(&cases.policy);
        for case in &mut cases.cases {
            if let Inventory::Recorded(file) = &mut case.inventory {
                *file = directory.join(&*file);
            }
        }
        Ok(cases)
    }
}

impl Case {
    /// Tries a policy on the case's repository: that which it says, or the recorded one.
    pub fn run(&self, policy: &Policy, graph: &Graph) -> Outcome {
        let assumed = self.assumed.iter().map(|(name, tags)| {
            let (name, tags) = (name.clone(), tags.clone());
            Box::new(Assumed { name, tags }) as Box<dyn Rule>
        });
        let rules = policy.rules(assumed.collect());
        let evaluation = evaluate(graph, &rules, &policy.scope, self.now);
        let mut mistakes = Vec::new();
        let fate = |id: NameId| match evaluation.names.get(id.index()) {
            Some(Verdict::Goes) => Fate::Dropped,
            _ => Fate::Kept,
        };
        for expected in &self.expected {
            let mut is_there = false;
            for (id, name) in graph.images() {
                let tag = name.tag.as_str();
                if !expected.tags.matches(tag) {
                    continue;
                }
                is_there = true;
                mistakes.extend(differs(tag, expected.fate, fate(id)));
                let roots = [Root::Name(id), Root::Node(name.node)];
                let found = keepers(&evaluation.claims, &roots);
                if let Some(rule) = expected.rule.as_ref().filter(|rule| !found.contains(rule)) {
                    mistakes.push(Mistake::Rule {
                        tag: tag.to_owned(),
                        expected: rule.clone(),
                        found,
                    });
                }
            }
            if !is_there {
                let pattern = expected.tags.to_string();
                mistakes.push(Mistake::NoTag { pattern });
            }
        }
        for (id, name) in graph.images() {
            let tag = name.tag.as_str();
            let is_named = self.expected.iter().any(|one| one.tags.matches(tag));
            if let (false, Some(rest)) = (is_named, self.rest) {
                mistakes.extend(differs(tag, rest, fate(id)));
            }
        }
        Outcome {
            name: self.name.clone(),
            mistakes,
            warnings: lint(graph, &rules, &policy.scope, self.now),
        }
    }
}

fn differs(tag: &str, expected: Fate, found: Fate) -> Option<Mistake> {
    (expected != found).then(|| Mistake::Fate {
        tag: tag.to_owned(),
        expected,
        found,
    })
}

/// The rules that keep one of these.
fn keepers(claims: &Claims, roots: &[Root]) -> Vec<String> {
    let kept = claims
        .kept()
        .iter()
        .filter(|(root, _)| roots.contains(root));
    let reasons = kept.filter_map(|(_, reason)| claims.reasons().get(reason.index()));
    let mut rules: Vec<String> = reasons.map(|reason| reason.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// What a rule would keep that needs more than the repository.
struct Assumed {
    name: String,
    tags: Vec<Pattern>,
}

impl Rule for Assumed {
    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let reason = claims.reason(&self.name, "the case says so");
        for (id, name) in graph.images() {
            if super::matches(&self.tags, name.tag.as_str()) {
                claims.keep(Root::Name(id), reason);
            }
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests;
