//! Which images a project has.

use std::collections::HashSet;

use super::error::Error;
use super::index::Index;
use super::tag::{hash, managed};
use crate::cleanup::policy::Fault;

/// The images of a project, as far as its configuration tells: the records of a repository name
/// those that were ever built.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// Their names; the image without a name is the empty text.
    pub names: Vec<String>,
    /// The first place where a template may make others.
    pub hidden: Option<Fault>,
}

/// The hashes of all images that are known.
pub(super) enum Known {
    /// These.
    Hashes(HashSet<u32>),
    /// The name of one of them has no hash that could be told here: any hash may be its.
    All,
}

impl Images {
    /// The images of the configuration, and those that the repository has records of.
    ///
    /// # Errors
    /// The configuration may have more, and the repository has metadata of one that is not known.
    pub(super) fn known(&self, index: &Index<'_>) -> Result<Known, Error> {
        let mut hashes: HashSet<u32> = HashSet::new();
        for name in &self.names {
            match hash(name) {
                Some(hash) => hashes.insert(hash),
                None => return Ok(Known::All),
            };
        }
        let recorded = index.managed.iter().map(|name| managed(name));
        hashes.extend(recorded.filter_map(|name| hash(&name)));
        let is_unknown = || {
            index
                .metadata
                .iter()
                .any(|one| !hashes.contains(&one.image))
        };
        match &self.hidden {
            Some(fault) if is_unknown() => Err(Error::Images(fault.clone())),
            _ => Ok(Known::Hashes(hashes)),
        }
    }
}

impl Known {
    pub(super) fn has(&self, image: u32) -> bool {
        match self {
            Self::Hashes(hashes) => hashes.contains(&image),
            Self::All => true,
        }
    }
}
