//! What can be done at ECR without AWS's SDK: what the distribution API can.

use futures_util::future::BoxFuture;

use crate::oci::Tag;
use crate::registry::brand::{Brand, Created};
use crate::registry::default::Default;
use crate::registry::error::Error;

/// What an error says to do instead.
const INSTEAD: &str = "use a dockside that was built with the feature `aws`";

/// A repository.
pub(super) struct Bare(pub(super) Default);

impl Bare {
    fn cannot(&self, what: &'static str) -> Error {
        Error::Unsupported {
            subject: self.0.remote().repository().to_string(),
            what,
            instead: INSTEAD,
        }
    }
}

impl Brand for Bare {
    fn base(&self) -> &Default {
        &self.0
    }

    /// ECR may delete an image with its last tag.
    fn untag<'a>(&'a self, _: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Err(self.cannot("remove a tag without AWS's SDK")) })
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.untag(tag)
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(async { Err(self.cannot("make a repository without AWS's SDK")) })
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { Err(self.cannot("delete a repository without AWS's SDK")) })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        self.remove()
    }

    fn needs_creating(&self) -> bool {
        true
    }
}
