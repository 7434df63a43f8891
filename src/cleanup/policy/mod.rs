//! What is to be kept, as people say it: `dockside.yaml`, the `cleanup` section of a `werf.yaml`,
//! or flags.
//!
//! A [`Policy`] is what all three come to. [`Policy::rules`] makes the rules of it that
//! [`evaluate`](super::evaluate()) asks; those that need a git repository or a cluster are made by
//! the caller, of [`Policy::git`] and [`Policy::in_use`].

mod age;
mod canonical;
pub mod cases;
mod dockside;
mod document;
mod error;
mod explain;
#[cfg(test)]
mod fixture;
mod flags;
mod keep;
mod keep_list;
mod limits;
mod lint;
#[cfg(test)]
mod properties;
mod rules;
#[cfg(test)]
mod schema;
mod werf;

use std::path::{Path, PathBuf};

pub use age::parse as parse_age;
pub use error::{Error, Fault, Problem};
pub use explain::{Explanation, Said, explain};
pub use flags::Flags;
pub use keep::{Clock, Conflict, Each, Keep};
pub use keep_list::KeepList;
pub use limits::{BadLimit, Limits, MaxDelete};
pub use lint::{Warning, lint};

use super::git;
use super::in_use;
use super::rule::{Rule, Scope, Untagged};
use super::werf::{Settings as Project, When};
use crate::oci::Digest;
use crate::pattern::Pattern;

/// What is to be kept of repositories, and how far a cleanup may go.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The file that it was read from, if it was.
    pub source: Option<PathBuf>,
    /// What it is about.
    pub scope: Scope,
    /// What is kept by names, dates and versions.
    pub keep: Vec<Keep>,
    /// What is kept because a list names it.
    pub keep_list: KeepList,
    /// What is kept because of git: the caller makes the rule of it.
    pub git: Option<git::Settings>,
    /// What is kept because it is in use: the caller makes the rule of it.
    pub in_use: in_use::Settings,
    /// How far one run may go.
    pub limits: Limits,
    /// The project of werf's whose repositories it is about: those that werf filled are judged as
    /// it would.
    pub werf: Option<Project>,
}

impl Policy {
    /// Reads a file: the `cleanup` section of what is a `werf.yaml`, else `dockside.yaml`. Files
    /// that it names are meant from its own directory; a keep list is read with it.
    ///
    /// # Errors
    /// It cannot be read, is no policy, or keeps nothing at all.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = document::read(path)?;
        let policy = match werf::is_one(path, &text) {
            true => werf::policy(&text),
            false => dockside::policy(&text),
        };
        let mut policy = policy.map_err(|fault| Error::At(path.to_owned(), fault))?;
        policy.source = Some(path.to_owned());
        let directory = path.parent().unwrap_or(Path::new(""));
        for file in &mut policy.in_use.files {
            *file = directory.join(&*file);
        }
        policy.keep_list.load(directory)?;
        policy.complete()
    }

    /// What the flags alone say.
    ///
    /// # Errors
    /// They say nothing, or a keep list cannot be read.
    pub fn simple(flags: &Flags) -> Result<Self, Error> {
        let mut policy = Self::default();
        policy.add(flags)?;
        policy.complete()
    }

    /// What counts for a project of werf's whose `werf.yaml` says nothing of it.
    pub fn of_werf() -> Self {
        werf::usual()
    }

    /// Adds flags to what was read: what they keep is kept too, and what they say of the scope
    /// counts.
    ///
    /// # Errors
    /// A keep list cannot be read.
    pub fn add(&mut self, flags: &Flags) -> Result<(), Error> {
        flags.add_to(self)
    }

    /// The rules, with those that the caller has made.
    pub fn rules(&self, others: Vec<Box<dyn Rule>>) -> Vec<Box<dyn Rule>> {
        let keeps = self.keep.iter().cloned().map(|keep| Keep {
            without_records: self.werf.is_some(),
            ..keep
        });
        let mut rules: Vec<Box<dyn Rule>> = keeps.map(|keep| Box::new(keep) as _).collect();
        let usual = self.werf.as_ref().and_then(werf::keep);
        rules.extend(usual.map(|keep| Box::new(When::plain(keep)) as _));
        if !self.keep_list.is_empty() {
            rules.push(Box::new(self.keep_list.clone()));
        }
        rules.extend(others);
        rules
    }

    /// A digest of what it says, which does not depend on how that was written.
    pub fn digest(&self) -> Digest {
        canonical::digest(self)
    }

    /// Whether anything of it can keep a tag.
    fn keeps(&self) -> bool {
        !self.keep.is_empty()
            || self.werf.is_some()
            || self.keep_list.names_something()
            || self.git.is_some()
            || self.in_use.clusters
            || !self.in_use.files.is_empty()
    }

    /// Who only speaks of untagged manifests wants all tags kept; who says nothing is asked.
    fn complete(mut self) -> Result<Self, Error> {
        match (self.keeps(), self.scope.untagged) {
            (true, _) => {}
            (false, Untagged::Stay) => return Err(Error::KeepsNothing(self.source)),
            (false, _) => self.keep.push(Keep::all("tags")),
        }
        Ok(self)
    }
}

impl Keep {
    /// Keeps every tag.
    pub(super) fn all(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// Whether one of the patterns means the tag.
fn matches(patterns: &[Pattern], tag: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(tag))
}

#[cfg(test)]
mod tests;
