//! What a brand of registry can do, and how it is known.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::access::{Advice, Case, Trouble};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::oci::{Digest, Platform, Remote, Tag};

/// A brand: its name, how its registries are known, and how they are spoken to.
pub trait Family: Sync {
    /// Its name, as `--repo-container-registry` takes it.
    fn name(&self) -> &'static str;

    /// Its name, as its vendor writes it.
    fn title(&self) -> &'static str;

    /// Whether the registry is one of these by its host alone (`host` or `host:port`, in lower
    /// case).
    fn is_host(&self, registry: &str) -> bool;

    /// Whether what it answers shows that it is one of these, and what shows it, for people.
    fn is_shown(&self, registry: &str, shown: &Shown) -> Option<String>;

    /// Speaks to one repository there.
    ///
    /// # Errors
    /// What is needed for it is missing, or cannot be used.
    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error>;

    /// Why it refuses, and which of its vendor's settings changes that; `None` where nothing better
    /// is known than what holds everywhere.
    fn advise(&self, _case: &Case<'_>, _trouble: Trouble) -> Option<Advice> {
        None
    }

    /// What decides what may be deleted, where it is something else than the token.
    fn decides_deletes(&self) -> Option<&'static str> {
        None
    }

    /// Whether a repository comes to be when a token to push there is asked for.
    fn makes_by_asking(&self) -> bool {
        false
    }

    /// The version of the product, where its headers say it.
    fn version<'a>(&self, _headers: &'a HeaderMap) -> Option<&'a str> {
        None
    }
}

/// One repository of a registry of some brand.
///
/// A brand that has an API of its own implements these methods with it; what it does not do
/// differently is done as [`struct@Default`] does it.
pub trait Brand: Send + Sync {
    /// The distribution API's way.
    fn base(&self) -> &Default;

    /// The repository. Rights are asked for as the brand knows them.
    fn remote(&self) -> &Remote {
        self.base().remote()
    }

    /// All manifests and tags with what the brand's own API says of them, in as few requests as
    /// that takes; `None` where it has no such API. With `jobs` requests at the same time at most.
    fn listing(&self, _jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether it has a price that a manifest is read: it counts as a download, and these are
    /// limited, or keep images from being deleted.
    fn counts_reads(&self) -> bool {
        false
    }

    /// Whether [`Self::listing`] may lack tags that the distribution API lists already.
    fn lists_late(&self) -> bool {
        false
    }

    /// Whether it says of a repository that may not be seen that there is none.
    fn hides(&self) -> bool {
        false
    }

    /// All tags of the repository with what they name. With `jobs` requests at the same time at
    /// most.
    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(async move {
            match self.listing(jobs).await? {
                Some(listing) => self.base().complete(listing, jobs).await,
                None => self.base().heads(jobs).await,
            }
        })
    }

    /// Removes this tag and nothing else; `false` when it was not there. Once begun it should be
    /// run to its end: where it takes several requests, the tag may name something else between
    /// them.
    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.base().untag(tag))
    }

    /// Whether [`Self::untag`] would remove this tag, as far as that can be known without changing
    /// anything; `false` when it is not there.
    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.base().has(tag))
    }

    /// Removes this manifest with all its tags; `false` when it was not there.
    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.base().delete(digest))
    }

    /// That nothing which can be known without changing anything keeps [`Self::delete`] from
    /// removing this manifest, which is there.
    fn foresee_delete<'a>(&'a self, _digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    /// The tags that a manifest has now, right before it is removed with them; `None` where the
    /// brand cannot say that in few requests.
    fn tags_now<'a>(
        &'a self,
        _digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// What of that which refers to a manifest the registry removes with it.
    fn takes(&self) -> Takes {
        Takes::Nothing
    }

    /// Removes several manifests with all their tags, in this order; what became of each.
    fn delete_all<'a>(
        &'a self,
        digests: &'a [Digest],
    ) -> BoxFuture<'a, Vec<(Digest, Result<bool, Error>)>> {
        Box::pin(async move {
            let mut done = Vec::new();
            for digest in digests {
                done.push((digest.clone(), self.delete(digest).await));
            }
            done
        })
    }

    /// How many manifests [`Self::delete_all`] removes by one request.
    fn deletes_at_once(&self) -> usize {
        1
    }

    /// How many manifests and their tags are removed best.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// Removes a tag whose manifest may go with it; `false` when the tag was not there. Nothing is
    /// put back, as [`Self::untag`] does where a registry takes the manifest with its last tag.
    fn drop_tag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.untag(tag)
    }

    /// What still has to happen before deletions free space: one sentence.
    fn after_deleting(&self) -> &'static str {
        "The registry frees the space by itself."
    }

    /// Starts what frees space, where the registry has an API for it; what was started, for
    /// people.
    fn collect_garbage(&self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// Brings a manifest that is gone back from what the registry itself keeps of deleted things,
    /// and those of these tags with it that can be had so; `false` where it keeps none, or not for
    /// whoever asks. None of the tags may be in use.
    fn restore<'a>(
        &'a self,
        _digest: &'a Digest,
        _tags: &'a [Tag],
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Ok(false) })
    }

    /// Makes the repository.
    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(async { Ok(Created::ByPush) })
    }

    /// Removes the repository with everything in it; `false` when it was not there.
    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { Err(self.base().keeps_name()) })
    }

    /// Whether [`Self::remove`] would remove the repository, as far as that can be known without
    /// changing anything; `false` when it is not there.
    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.base().exists())
    }

    /// Whether a push to a repository that does not exist fails, so that it is made by
    /// [`Self::create`] when a push finds it missing.
    fn needs_creating(&self) -> bool {
        false
    }
}

/// How many manifests and their tags are removed best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// Manifest by manifest, each with its tags.
    Manifests,
    /// Tag by tag alone. The registry collects by itself what nothing names any longer, and knows
    /// what an index lists: nothing that was pushed a moment ago can lose a part.
    Tags,
    /// First the tags, then the manifests: the registry refuses to delete what has a tag, or looks
    /// through all tags for each manifest.
    TagsThenManifests,
    /// As [`Self::TagsThenManifests`], where it is not known beforehand whether the registry
    /// deletes tags. Where it does not, all of them are moved to one manifest, and go with that.
    Moved,
}

/// How a repository came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    Made,
    /// It was there.
    Existed,
    /// The first push makes it; there is nothing to do.
    ByPush,
}

/// What a registry removes by itself with a manifest, of what refers to that (signatures, SBOMs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// All of it stays.
    Nothing,
    /// What cosign keeps under tags of its own (`sha256-DIGEST.sig`).
    CosignTags,
    /// All of it.
    All,
}

/// A repository as its brand lists it.
#[derive(Debug, Clone, std::default::Default, PartialEq)]
pub struct Listing {
    /// Its manifests, in the registry's order. A manifest may be there several times, with
    /// different tags.
    pub entries: Vec<Listed>,
    /// Whether manifests without tags are there too.
    pub has_untagged: bool,
}

/// What a brand says of a manifest. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The manifest's digest.
    pub digest: Digest,
    /// Tags that name it.
    pub tags: Vec<Tag>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Whether it lists other manifests, where that is said without a media type.
    pub is_index: Option<bool>,
    /// What kind of artifact it is, if it is no image.
    pub artifact_type: Option<String>,
    /// Bytes, as the registry counts them; what is counted differs from brand to brand.
    pub size: Option<u64>,
    /// What it runs on.
    pub platforms: Option<Vec<Platform>>,
    /// When it (or, where the registry says that, its tag) was last written to the registry.
    pub pushed: Option<Timestamp>,
    /// When the image was made, by its own config or annotation.
    pub created: Option<Timestamp>,
    /// When it was last pulled, where the registry counts that.
    pub pulled: Option<Timestamp>,
    /// When the registry will remove the tag by itself.
    pub expires: Option<Timestamp>,
    /// Whether it may neither be moved nor removed.
    pub protected: Option<bool>,
}

impl Listed {
    /// A manifest of which nothing else is known.
    pub fn new(digest: Digest) -> Self {
        Self {
            digest,
            tags: Vec::new(),
            media_type: None,
            is_index: None,
            artifact_type: None,
            size: None,
            platforms: None,
            pushed: None,
            created: None,
            pulled: None,
            expires: None,
            protected: None,
        }
    }
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
