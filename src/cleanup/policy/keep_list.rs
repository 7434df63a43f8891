//! What is kept because a list names it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::document;
use super::error::{Error, Fault, Problem};
use crate::cleanup::graph::Graph;
use crate::cleanup::links::indexes_of;
use crate::cleanup::rule::{Claims, Root, Rule};
use crate::oci::{Digest, Tag};
use crate::pattern::Pattern;

/// Tags, patterns of them, and digests.
#[derive(Debug, Clone, Default)]
pub struct KeepList {
    /// Files that are still to be read.
    pub files: Vec<PathBuf>,
    /// Whether a file was read, even if it names nothing.
    was_read: bool,
    /// Tags.
    pub tags: HashSet<Tag>,
    /// Patterns of tags.
    pub patterns: Vec<Pattern>,
    /// Manifests.
    pub digests: HashSet<Digest>,
}

/// What the rule is called.
pub(super) const NAME: &str = "keep list";

impl KeepList {
    /// Whether nobody asked for a list.
    pub fn is_empty(&self) -> bool {
        !self.was_read && self.files.is_empty()
    }

    /// Whether it names anything.
    pub(super) fn names_something(&self) -> bool {
        !(self.tags.is_empty() && self.patterns.is_empty() && self.digests.is_empty())
    }

    /// Reads the files, which are meant from a directory.
    ///
    /// # Errors
    /// One cannot be read, or a line is neither a tag, a pattern nor a digest.
    pub(super) fn load(&mut self, directory: &Path) -> Result<(), Error> {
        for file in std::mem::take(&mut self.files) {
            let path = directory.join(file);
            let text = document::read(&path)?;
            self.read(&text).map_err(|fault| Error::At(path, fault))?;
        }
        Ok(())
    }

    /// One entry in a line; lines that begin with `#` say nothing.
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        self.was_read = true;
        for (number, line) in text.lines().enumerate() {
            let entry = line.trim();
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            self.entry(entry).map_err(|problem| Fault {
                line: number + 1,
                column: line.chars().take_while(|c| c.is_whitespace()).count() + 1,
                problem,
            })?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &str) -> Result<(), Problem> {
        if let Ok(tag) = entry.parse() {
            self.tags.insert(tag);
        } else if let Ok(digest) = entry.parse() {
            self.digests.insert(digest);
        } else {
            self.patterns.push(document::pattern(entry)?);
        }
        Ok(())
    }
}

impl Rule for KeepList {
    fn name(&self) -> &str {
        NAME
    }

    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let (by_tag, by_pattern, by_digest) = (
            claims.reason(NAME, "the list names the tag"),
            claims.reason(NAME, "a pattern of the list means the tag"),
            claims.reason(NAME, "the list names the digest"),
        );
        for (id, name) in graph.images() {
            if self.tags.contains(&name.tag) {
                claims.keep(Root::Name(id), by_tag);
            } else if super::matches(&self.patterns, name.tag.as_str()) {
                claims.keep(Root::Name(id), by_pattern);
            }
        }
        let tagged: HashSet<_> = graph.images().map(|(_, name)| name.node).collect();
        let mut nodes: Vec<_> = self
            .digests
            .iter()
            .filter_map(|one| graph.find(one))
            .collect();
        nodes.sort_unstable();
        for id in &nodes {
            claims.keep(Root::Node(*id), by_digest);
        }
        // Without a tag of its own it is there through these: many registries collect it else.
        let untagged = nodes.into_iter().filter(|id| !tagged.contains(id));
        for (index, child) in indexes_of(graph, untagged.collect()) {
            let what = format!(
                "it lists {}, which the list names",
                graph.node(child).digest
            );
            let reason = claims.reason(NAME, what);
            claims.keep(Root::Node(index), reason);
        }
    }

    fn against(&self, _: &Graph, _: Timestamp, _: Root) -> Option<String> {
        Some("the list does not name it".to_owned())
    }
}
