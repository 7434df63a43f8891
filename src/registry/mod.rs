//! What a brand of registry does differently; one file per brand.
//!
//! Everything that the distribution API defines is in [`crate::oci`]. What it leaves to the
//! registry, deleting one tag above all, is asked of a [`Brand`]. [`Inventory`] finds out what
//! tags name: sizes, platforms, dates.

mod default;
mod dummy;
mod error;
mod image;
mod inventory;
mod referrers;

use futures_util::future::BoxFuture;

pub use default::Default;
pub use error::Error;
pub use image::{Config, Execution, MAX_CONFIG, is_image_config, read};
pub use inventory::{Facts, Inventory, total};
pub use referrers::{is_referrers_tag, unlist};

use crate::oci::{Digest, Remote, Tag};

/// A brand of registries, at one repository.
///
/// One that has an API of its own implements these methods with it; what it does not do
/// differently it hands to [`struct@Default`].
pub trait Brand: Send + Sync {
    /// Its name, as `--repo-container-registry` takes it.
    fn name(&self) -> &'static str;

    /// All tags of the repository with what they name, in the registry's order. With `jobs`
    /// requests at the same time at most.
    fn tagged<'a>(
        &'a self,
        remote: &'a Remote,
        jobs: usize,
    ) -> BoxFuture<'a, Result<Vec<Tagged>, Error>>;

    /// Removes this tag and nothing else; `false` when it was not there. Once begun it should be
    /// run to its end: where it takes several requests, the tag may name something else between
    /// them.
    fn untag<'a>(&'a self, remote: &'a Remote, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>>;

    /// Removes this manifest with all its tags; `false` when it was not there.
    fn delete<'a>(
        &'a self,
        remote: &'a Remote,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<bool, Error>>;
}

/// A tag, and the manifest that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The tag.
    pub tag: Tag,
    /// The manifest's digest.
    pub digest: Digest,
    /// The manifest's media type, as far as the registry says it.
    pub media_type: String,
}

/// The brand of a repository. What it learns about the registry it keeps as long as it lives.
pub fn of(_remote: &Remote) -> Box<dyn Brand> {
    Box::new(Default::new())
}
