//! Any registry that does what the specification says: CNCF distribution, zot, and all others
//! that need nothing of their own.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::OnceCell;

use super::error::Error;
use super::{Brand, Tagged, dummy};
use crate::oci::{self, Digest, Manifest, Remote, Tag, Target};

/// A digest that nothing has: to ask whether manifests can be deleted at all.
const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The brand of no brand.
#[derive(Debug, Default)]
pub struct Default {
    /// Whether it has refused to delete by tag, as distribution did before 3.0.
    only_by_digest: AtomicBool,
    /// That it deletes by digest.
    deletes: OnceCell<()>,
}

impl Default {
    /// Nothing is known of the registry yet.
    pub fn new() -> Self {
        std::default::Default::default()
    }

    async fn remove_tag(&self, remote: &Remote, tag: &Tag) -> Result<bool, Error> {
        let target = Target::Tag(tag.clone());
        let Some(original) = remote.manifest(&target).await? else {
            return Ok(false);
        };
        if !self.only_by_digest.load(Ordering::Relaxed) {
            match remote.delete(&target).await {
                Err(oci::Error::Refused {
                    status: 400 | 405, ..
                }) => self.only_by_digest.store(true, Ordering::Relaxed),
                removed => {
                    let removed = removed?;
                    keep(remote, &original).await?;
                    return Ok(removed);
                }
            }
        }
        // Deletion may be switched off altogether, which must be known before anything changes.
        self.deletes
            .get_or_try_init(async || self.check_deletes(remote).await)
            .await?;
        dummy::untag(remote, tag, original).await?;
        Ok(true)
    }

    async fn check_deletes(&self, remote: &Remote) -> Result<(), Error> {
        let Ok(nothing) = NOTHING.parse() else {
            return Ok(());
        };
        self.remove(remote, &nothing).await?;
        Ok(())
    }

    async fn remove(&self, remote: &Remote, digest: &Digest) -> Result<bool, Error> {
        match remote.delete(&Target::Digest(digest.clone())).await {
            Err(oci::Error::Refused { status: 405, .. }) => Err(Error::Unsupported {
                subject: remote.repository().to_string(),
                what: "delete anything",
                instead: "deletion is switched off there (in distribution it is \
                          `storage.delete.enabled`), or it only mirrors another registry",
            }),
            done => Ok(done?),
        }
    }
}

/// Puts a manifest back that went with its last tag, as zot does it: an index may list it.
async fn keep(remote: &Remote, original: &Manifest) -> Result<(), Error> {
    let target = Target::Digest(original.digest().clone());
    // What is not known to be there is put: it would be lost if it is not.
    if matches!(remote.head(&target).await, Ok(Some(_))) {
        return Ok(());
    }
    match remote.put_manifest(&target, original).await {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Lost {
            manifest: remote.repository().at(original.digest().clone()),
            source,
        }),
    }
}

impl Brand for Default {
    fn name(&self) -> &'static str {
        "default"
    }

    /// A HEAD for each tag. One that is removed meanwhile is left out.
    fn tagged<'a>(
        &'a self,
        remote: &'a Remote,
        jobs: usize,
    ) -> BoxFuture<'a, Result<Vec<Tagged>, Error>> {
        Box::pin(async move {
            let tags = remote.tags().all().await?;
            let heads = stream::iter(tags).map(|tag| async move {
                let target = Target::Tag(tag.clone());
                let head = remote.head(&target).await?;
                Ok(head.map(|head| Tagged {
                    tag,
                    digest: head.digest,
                    media_type: head.media_type,
                }))
            });
            let found = heads.buffered(jobs);
            found
                .try_filter_map(async |tagged| Ok(tagged))
                .try_collect()
                .await
        })
    }

    fn untag<'a>(&'a self, remote: &'a Remote, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(remote, tag))
    }

    fn delete<'a>(
        &'a self,
        remote: &'a Remote,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove(remote, digest))
    }
}
