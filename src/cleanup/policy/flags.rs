//! The simple cases, without a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, Keep, Policy};
use crate::cleanup::rule::Untagged;
use crate::pattern::Pattern;

/// What the command line says of what is kept. Each is a rule of its own, named after the flag.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--keep-last`: that many newest images.
    pub last: Option<u32>,
    /// `--keep-within`: what is no older.
    pub within: Option<Duration>,
    /// `--keep-tag`: tags.
    pub tags: Vec<Pattern>,
    /// `--keep-semver`: that many highest versions.
    pub semver: Option<u32>,
    /// `--keep-pulled-within`: what was pulled since.
    pub pulled_within: Option<Duration>,
    /// `--untagged-older-than`: manifests without tags.
    pub untagged: Option<Untagged>,
    /// `--keep-list`: files.
    pub keep_lists: Vec<PathBuf>,
    /// `--only`: the tags that the policy is about.
    pub only: Vec<Pattern>,
}

impl Flags {
    pub(super) fn add_to(&self, policy: &mut Policy) -> Result<(), Error> {
        for keep in self.keeps() {
            keep.check()
                .map_err(|conflict| Error::Flag(keep.name.clone(), conflict))?;
            policy.keep.push(keep);
        }
        if !self.only.is_empty() {
            policy.scope.only.clone_from(&self.only);
        }
        if let Some(untagged) = self.untagged {
            policy.scope.untagged = untagged;
        }
        policy
            .keep_list
            .files
            .extend(self.keep_lists.iter().cloned());
        policy.keep_list.load(Path::new(""))
    }

    fn keeps(&self) -> Vec<Keep> {
        let all = |name: &str| Keep::all(name);
        let mut keeps = Vec::new();
        if !self.tags.is_empty() {
            let tags = self.tags.clone();
            keeps.push(Keep {
                tags,
                ..all("--keep-tag")
            });
        }
        if self.semver.is_some() {
            keeps.push(Keep {
                semver: self.semver,
                ..all("--keep-semver")
            });
        }
        if self.last.is_some() {
            keeps.push(Keep {
                last: self.last,
                ..all("--keep-last")
            });
        }
        if self.within.is_some() {
            keeps.push(Keep {
                within: self.within,
                ..all("--keep-within")
            });
        }
        if self.pulled_within.is_some() {
            let pulled_within = self.pulled_within;
            keeps.push(Keep {
                pulled_within,
                ..all("--keep-pulled-within")
            });
        }
        keeps
    }
}
