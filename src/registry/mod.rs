//! What a brand of registry does differently; one file per brand.
//!
//! Everything that the distribution API defines is in [`crate::oci`]. What it leaves to the
//! registry, deleting one tag above all, is asked of a [`Brand`].

mod default;
mod error;

use futures_util::future::BoxFuture;

pub use default::Default;
pub use error::Error;

use crate::oci::{Digest, Remote, Tag};

/// A brand of registries.
pub trait Brand: Send + Sync {
    /// Its name, as `--repo-container-registry` takes it.
    fn name(&self) -> &'static str;

    /// Removes this tag and nothing else; `false` when it was not there.
    fn untag<'a>(&'a self, remote: &'a Remote, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>>;

    /// Removes this manifest with all its tags; `false` when it was not there.
    fn delete<'a>(
        &'a self,
        remote: &'a Remote,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<bool, Error>>;
}

/// The brand of a repository.
pub fn of(_remote: &Remote) -> Box<dyn Brand> {
    Box::new(Default)
}
