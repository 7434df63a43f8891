//! Any registry that does what the specification says: CNCF distribution, zot, and all others
//! that need nothing of their own.

use futures_util::future::BoxFuture;

use super::Brand;
use super::error::Error;
use crate::oci::{Digest, Remote, Tag};

/// The brand of no brand.
pub struct Default;

impl Brand for Default {
    fn name(&self) -> &'static str {
        "default"
    }

    fn untag<'a>(&'a self, _: &'a Remote, _: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        todo!()
    }

    fn delete<'a>(&'a self, _: &'a Remote, _: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        todo!()
    }
}
