//! What git says of one image, for people.

use super::error::Error;
use super::revision;
use super::rule::{GitRule, Inner, title};
use super::template::{Named, Reading};
use crate::cleanup::graph::{Content, Graph, NameId};
use crate::text::printable;

impl GitRule {
    /// All that ties an image to git, and whether that lives; one sentence each. That something
    /// lives does not say that a policy selects it.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn describe(&self, graph: &Graph, name: NameId) -> Result<Vec<String>, Error> {
        let name = graph.tag(name);
        let node = graph.node(name.node);
        let mut said = Vec::new();
        for reading in self.0.readings(name.tag.as_str()) {
            self.0.describe(&reading, &mut said)?;
        }
        let origin = self.0.history.origin.as_deref();
        match revision::of(&node.labels, origin) {
            Some(digits) => said.push(format!("it names {}", self.0.commit(&digits)?)),
            None if node.content == Content::ReadWithConfig => {
                said.push("it names no commit of this repository".to_owned());
            }
            None => said.push("it was not read whether it names a commit".to_owned()),
        }
        Ok(said)
    }
}

impl Inner {
    fn describe(&self, reading: &Reading<'_>, said: &mut Vec<String>) -> Result<(), Error> {
        for (kind, name) in &reading.names {
            let named = self.names.get(&(*kind, (*name).to_owned()));
            let named = named.into_iter().flatten();
            let found = named.filter_map(|at| self.history.references.get(*at));
            let found: Vec<String> = found.map(title).collect();
            let kind = match kind {
                Named::Branch => "branch",
                Named::Tag => "git tag",
            };
            said.push(match found.is_empty() {
                true => format!(
                    "its tag names the {kind} {}, which is gone",
                    printable(name)
                ),
                false => format!("its tag names the {}", found.join(", ")),
            });
        }
        if let Some(digits) = reading.sha {
            said.push(format!("its tag names {}", self.commit(digits)?));
        }
        if let Some(number) = reading.number {
            let state = match self.request(number) {
                Some(_) => "is open",
                None => "is not open",
            };
            said.push(format!(
                "its tag names the change request {number}, which {state}"
            ));
        }
        Ok(())
    }

    fn commit(&self, digits: &str) -> Result<String, Error> {
        let is_there = !self.history.commits()?.find(digits)?.is_empty();
        let state = match is_there {
            true => "",
            false => ", which the clone does not have",
        };
        Ok(format!("the commit {digits}{state}"))
    }
}
