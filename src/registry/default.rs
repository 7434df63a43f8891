//! Any registry that does what the specification says: CNCF distribution, zot, and all others
//! that need nothing of their own.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::OnceCell;

use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use super::{Brand, Family, Listing, Sweep, Tagged, dummy};
use crate::oci::{self, Digest, Manifest, Remote, Tag, Target};

/// A digest that nothing has: to ask whether manifests can be deleted at all.
pub(super) const NOTHING: &str =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A tag that nobody has: to ask whether tags can be deleted.
const NO_TAG: &str = "dockside-is-no-tag-of-anything";

/// The distribution API's way to do what brands do: one repository.
#[derive(Clone)]
pub struct Default {
    remote: Remote,
    known: Arc<Known>,
}

/// What was learnt of the registry.
#[derive(std::default::Default)]
struct Known {
    /// Whether it has refused to delete by tag, as distribution did before 3.0.
    only_by_digest: AtomicBool,
    /// That it deletes by digest.
    deletes: OnceCell<()>,
}

impl Default {
    /// Nothing is known of the registry yet.
    pub fn new(remote: Remote) -> Self {
        Self {
            remote,
            known: Arc::default(),
        }
    }

    /// The repository.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// All tags, and a HEAD for each. One that is removed meanwhile is left out.
    ///
    /// # Errors
    /// A request fails.
    pub async fn heads(&self, jobs: usize) -> Result<Vec<Tagged>, Error> {
        let tags = self.remote.tags().all().await?;
        self.heads_of(tags, jobs).await
    }

    /// A listing as tags. What the brand left out, media types, is asked for.
    ///
    /// # Errors
    /// A request fails.
    pub async fn complete(&self, listing: Listing, jobs: usize) -> Result<Vec<Tagged>, Error> {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for entry in listing.entries {
            for tag in entry.tags {
                match &entry.media_type {
                    Some(media_type) => found.push(Tagged {
                        tag,
                        digest: entry.digest.clone(),
                        media_type: media_type.clone(),
                    }),
                    None => unknown.push(tag),
                }
            }
        }
        found.extend(self.heads_of(unknown, jobs).await?);
        Ok(found)
    }

    /// [`Self::complete`], and a HEAD for each tag that the distribution API lists besides: the
    /// brand's list may be older.
    ///
    /// # Errors
    /// A request fails.
    pub async fn complete_by_names(
        &self,
        listing: Listing,
        jobs: usize,
    ) -> Result<Vec<Tagged>, Error> {
        let names = self.remote.tags().all().await?;
        let mut found = self.complete(listing, jobs).await?;
        let known: HashSet<&Tag> = found.iter().map(|one| &one.tag).collect();
        let missed = names.into_iter().filter(|name| !known.contains(name));
        let missed: Vec<Tag> = missed.collect();
        found.extend(self.heads_of(missed, jobs).await?);
        Ok(found)
    }

    /// What these tags name. One that is removed meanwhile is left out.
    ///
    /// # Errors
    /// A request fails.
    pub(super) async fn heads_of(&self, tags: Vec<Tag>, jobs: usize) -> Result<Vec<Tagged>, Error> {
        let heads = stream::iter(tags).map(|tag| async move {
            let target = Target::Tag(tag.clone());
            let head = self.remote.head(&target).await?;
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
    }

    /// Removes this tag and nothing else; `false` when it was not there.
    ///
    /// # Errors
    /// The registry cannot, or a request fails.
    pub async fn untag(&self, tag: &Tag) -> Result<bool, Error> {
        let target = Target::Tag(tag.clone());
        let Some(original) = self.remote.manifest(&target).await? else {
            return Ok(false);
        };
        if !self.known.only_by_digest.load(Ordering::Relaxed) {
            match self.remote.delete(&target).await {
                Err(oci::Error::Refused {
                    status: 400 | 405, ..
                }) => self.known.only_by_digest.store(true, Ordering::Relaxed),
                removed => {
                    let removed = removed?;
                    keep(&self.remote, &original).await?;
                    return Ok(removed);
                }
            }
        }
        // Deletion may be switched off altogether, which must be known before anything changes.
        self.known
            .deletes
            .get_or_try_init(async || self.check_deletes().await)
            .await?;
        dummy::untag(&self.remote, tag, original, &self.remote).await?;
        Ok(true)
    }

    /// Whether a tag is there.
    ///
    /// # Errors
    /// The request fails.
    pub async fn has(&self, tag: &Tag) -> Result<bool, Error> {
        let head = self.remote.head(&Target::Tag(tag.clone())).await?;
        Ok(head.is_some())
    }

    /// Whether the registry knows the repository.
    ///
    /// # Errors
    /// The request fails.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.remote.tags().page().await {
            Err(oci::Error::NotFound { .. }) => Ok(false),
            page => Ok(page.map(|_| true)?),
        }
    }

    /// That deletion is not switched off, nor forbidden to whoever asks. A registry may refuse in
    /// its own ways to delete what it does not have, which says nothing.
    ///
    /// # Errors
    /// It is.
    pub async fn foresee_deletion(&self) -> Result<(), Error> {
        let checked = self.known.deletes.get_or_try_init(|| self.check_deletes());
        match checked.await {
            Err(error @ (Error::Unsupported { .. } | Error::Oci(oci::Error::Denied { .. }))) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// That repositories are not deleted here.
    pub(super) fn keeps_name(&self) -> Error {
        Error::Unsupported {
            subject: self.remote.repository().to_string(),
            what: "delete a repository",
            instead: "delete all its images; the empty name stays",
        }
    }

    /// Whether the registry deletes tags, which is found out on one that is not there.
    ///
    /// # Errors
    /// The request fails.
    pub async fn deletes_tags(&self) -> Result<bool, Error> {
        let Ok(nobodys) = NO_TAG.parse::<Tag>() else {
            return Ok(false);
        };
        match self.remote.delete(&Target::Tag(nobodys)).await {
            Ok(_) => Ok(true),
            Err(oci::Error::Refused {
                status: 400 | 405, ..
            }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// That manifests can be deleted, found out on one that is not there.
    ///
    /// # Errors
    /// They cannot, or the request fails.
    pub async fn check_deletes(&self) -> Result<(), Error> {
        let Ok(nothing) = NOTHING.parse() else {
            return Ok(());
        };
        self.delete(&nothing).await?;
        Ok(())
    }

    /// Removes this manifest with all its tags; `false` when it was not there.
    ///
    /// # Errors
    /// The registry cannot, or a request fails.
    pub async fn delete(&self, digest: &Digest) -> Result<bool, Error> {
        match self.remote.delete(&Target::Digest(digest.clone())).await {
            Err(oci::Error::Refused { status: 405, .. }) => Err(Error::Unsupported {
                subject: self.remote.repository().to_string(),
                what: "delete anything",
                instead: "deletion is switched off there (in distribution it is \
                          `storage.delete.enabled`), or it only mirrors another registry",
            }),
            done => Ok(done?),
        }
    }
}

impl Brand for Default {
    fn base(&self) -> &Default {
        self
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let is_there = self.has(tag).await?;
            if is_there {
                self.foresee_deletion().await?;
            }
            Ok(is_there)
        })
    }

    /// distribution reads all tags of the repository for each manifest that it deletes
    /// (`registry/handlers/manifests.go`, `Tags.Lookup`): 1.6 ms with 100 tags, 48 ms with 4,000.
    fn sweep(&self) -> Sweep {
        Sweep::Moved
    }

    fn drop_tag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Ok(self.remote.delete(&Target::Tag(tag.clone())).await?) })
    }

    /// distribution frees nothing by itself (its documentation, "Garbage collection").
    fn after_deleting(&self) -> &'static str {
        "Space is freed when the registry's operator runs `registry garbage-collect`, while nobody \
         pushes."
    }

    fn foresee_delete<'a>(&'a self, _: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.foresee_deletion())
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { Err(self.keeps_name()) })
    }
}

/// The registries of no brand.
pub struct Plain;

impl Family for Plain {
    fn name(&self) -> &'static str {
        "default"
    }

    fn title(&self) -> &'static str {
        "the registry"
    }

    /// None: this is what remains.
    fn is_host(&self, _: &str) -> bool {
        false
    }

    fn is_shown(&self, _: &str, _: &Shown) -> Option<String> {
        None
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(place.base()))
    }
}

/// Puts a manifest back that went with its last tag, as zot does it: an index may list it.
pub(super) async fn keep(remote: &Remote, original: &Manifest) -> Result<(), Error> {
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
