//! A map whose keys are known.

use super::reader::suggestion;
use super::tree::{Node, Value};
use crate::cleanup::policy::error::{Fault, Problem};

/// A map of which every key is known, and is there once.
#[derive(Debug)]
pub struct Section<'n> {
    node: &'n Node,
    entries: &'n [(Node, Node)],
}

impl<'n> Section<'n> {
    /// Reads a map.
    ///
    /// # Errors
    /// It is none, or has a key that is not known, or one twice.
    pub fn of(node: &'n Node, known: &[&str]) -> Result<Self, Fault> {
        let section = Self::open(node)?;
        let mut seen = Vec::new();
        for (key, _) in section.entries {
            let text = key.text()?;
            if !known.contains(&text) {
                return Err(key.fault(Problem::UnknownKey {
                    key: text.to_owned(),
                    suggestion: suggestion(text, known.iter().copied()),
                }));
            }
            if seen.contains(&text) {
                return Err(key.fault(Problem::Twice(text.to_owned())));
            }
            seen.push(text);
        }
        Ok(section)
    }

    /// Reads a map of which anything may be a key.
    ///
    /// # Errors
    /// It is none.
    pub fn open(node: &'n Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Map(entries) => Ok(Self { node, entries }),
            Value::Alias => Err(node.fault(Problem::Alias)),
            _ => Err(node.fault(Problem::Expected("keys with values".to_owned()))),
        }
    }

    /// All of it.
    pub fn entries(&self) -> &'n [(Node, Node)] {
        self.entries
    }

    /// The value of a key. One that is there without a value says nothing, which is a mistake.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        let is_it = |(name, _): &&(Node, Node)| name.text() == Ok(key);
        self.entries.iter().find(is_it).map(|(_, value)| value)
    }

    /// The value of a key that has to be there.
    pub fn need(&self, key: &'static str) -> Result<&'n Node, Fault> {
        self.get(key)
            .ok_or_else(|| self.fault(Problem::Missing(key)))
    }

    /// What is read of the value of a key, if it is there.
    pub fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'n Node) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.get(key).map(read).transpose()
    }

    /// A problem of the whole.
    pub fn fault(&self, problem: impl Into<Problem>) -> Fault {
        self.node.fault(problem)
    }
}
