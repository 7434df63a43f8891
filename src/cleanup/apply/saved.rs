//! What a backup has.

use std::path::Path;

use super::backup::{REPOSITORY, open};
use crate::oci::{Digest, Reference, Repository, Tag};
use crate::transfer;

/// A manifest of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where it was.
    pub repository: Repository,
    /// The manifest.
    pub digest: Digest,
    /// The tags that it had.
    pub tags: Vec<Tag>,
}

/// All manifests of a backup, in the order in which they were deleted. What does not say where it
/// was is left out.
///
/// # Errors
/// The backup cannot be read.
pub async fn saved(backup: &Path) -> Result<Vec<Saved>, transfer::Error> {
    let readers = open(backup).await?;
    let entries = readers.iter().flat_map(|reader| reader.entries());
    let all = entries.filter_map(|entry| {
        let named: Reference = entry.descriptor.annotations.get(REPOSITORY)?.parse().ok()?;
        let names = entry.names.iter();
        let names = names.filter_map(|name| name.parse::<Reference>().ok());
        Some(Saved {
            repository: named.repository,
            digest: entry.descriptor.digest.clone(),
            tags: names.filter_map(|name| name.tag).collect(),
        })
    });
    Ok(all.collect())
}
