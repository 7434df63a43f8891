//! Removing one tag: the tag is moved to a manifest that exists nowhere else, whose version is
//! deleted.

use futures_util::future::BoxFuture;

use super::packages::Packages;
use crate::oci::{Digest, Remote, Tag, Target};
use crate::registry::dummy::{self, Remover};
use crate::registry::error::Error;

/// Removes this tag and nothing else; `false` when it was not there.
pub(super) async fn untag(remote: &Remote, packages: &Packages, tag: &Tag) -> Result<bool, Error> {
    let remote = remote.clone().writing();
    // This counts as a download. Without the manifest at hand the tag could not be put back.
    let Some(original) = remote.manifest(&Target::Tag(tag.clone())).await? else {
        return Ok(false);
    };
    packages.check_untag(&remote, tag).await?;
    dummy::untag(&remote, tag, original, packages).await?;
    Ok(true)
}

/// By its version, which must have no other tag.
impl Remover for Packages {
    fn remove<'a>(&'a self, digest: &'a Digest, tag: &'a Tag) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let version = self.await_version(digest).await?;
            let version = version.ok_or_else(|| self.unlisted(digest))?;
            if version.tags.iter().any(|other| other != tag) {
                return Err(self.bad_answer());
            }
            self.delete_version(&version).await?;
            Ok(())
        })
    }
}
