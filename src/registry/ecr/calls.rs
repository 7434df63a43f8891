//! What is asked of ECR and of ECR Public alike.

use aws_smithy_types::DateTime;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::auth::aws::Failure;
use crate::oci::{Digest, Tag};
use crate::registry::brand::{Created, Listed};
use crate::registry::error::Error;
use crate::registry::image::is_image_config;

/// The most images of a page of `DescribeImages`.
pub(super) const PAGE: i32 = 1000;

/// Why something was not done.
pub(super) enum NotDone {
    /// AWS did not do this, which takes that right.
    Call(&'static str, Failure),
    /// An answer that is not what it should be.
    Answer,
    /// Anything that was an error before.
    Error(Error),
}

impl From<crate::auth::Error> for NotDone {
    fn from(error: crate::auth::Error) -> Self {
        Self::Error(error.into())
    }
}

impl NotDone {
    /// Whether AWS said this.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Call(_, Failure::Refused { code, .. }) if code == wanted)
    }
}

/// An answer that is still to come.
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, NotDone>>;

/// The calls about one repository.
pub(super) trait Calls: Send + Sync {
    /// Whether the repository is of the account that asks, as far as that is to be asked; the
    /// calls below are for one of that account.
    fn is_own(&self) -> Answer<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    /// A page of images.
    fn page(&self, marker: Option<String>) -> Answer<'_, Page>;

    /// An image by its digest or one of its tags, with all its tags.
    fn image(&self, id: Id) -> Answer<'_, Option<Listed>>;

    /// Removes images, or tags that name what they should.
    fn delete(&self, images: Vec<Id>) -> Answer<'_, Deleted>;

    /// Makes the repository.
    fn create(&self) -> Answer<'_, Created>;

    /// Removes the repository with all its images.
    fn remove(&self) -> Answer<'_, ()>;
}

/// Images, and where the others are.
pub(super) struct Page {
    pub(super) images: Vec<Listed>,
    pub(super) next: Option<String>,
}

/// An image by its digest, or one tag.
#[derive(Debug, Clone)]
pub(super) struct Id {
    pub(super) digest: Option<Digest>,
    pub(super) tag: Option<Tag>,
}

impl Id {
    /// An image.
    pub(super) fn image(digest: &Digest) -> Self {
        Self {
            digest: Some(digest.clone()),
            tag: None,
        }
    }

    /// One tag.
    pub(super) fn tag(tag: &Tag) -> Self {
        Self {
            digest: None,
            tag: Some(tag.clone()),
        }
    }
}

/// What became of what was to be removed.
pub(super) struct Deleted {
    /// Digests of what was removed, each perhaps several times.
    pub(super) done: Vec<String>,
    /// What was not.
    pub(super) failures: Vec<ItemFailure>,
}

/// Something that was not removed.
pub(super) struct ItemFailure {
    pub(super) digest: Option<String>,
    pub(super) code: String,
    pub(super) reason: Option<String>,
}

/// What both services say of an image.
pub(super) struct Detail {
    pub(super) digest: Option<String>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) media_type: Option<String>,
    pub(super) artifact_type: Option<String>,
    pub(super) size: Option<i64>,
    pub(super) pushed: Option<DateTime>,
    pub(super) pulled: Option<DateTime>,
}

impl Detail {
    /// The same in the words of all brands.
    pub(super) fn listed(self) -> Result<Listed, NotDone> {
        let digest = self.digest.and_then(|digest| digest.parse().ok());
        let tags = self.tags.unwrap_or_default();
        let tags: Result<Vec<Tag>, _> = tags.iter().map(|tag| tag.parse()).collect();
        let time = |time: Option<DateTime>| time.as_ref().and_then(timestamp);
        Ok(Listed {
            tags: tags.map_err(|_| NotDone::Answer)?,
            media_type: self.media_type,
            // For an image it is the type of its config.
            artifact_type: self.artifact_type.filter(|kind| !is_image_config(kind)),
            size: self.size.and_then(|size| size.try_into().ok()),
            pushed: time(self.pushed),
            pulled: time(self.pulled),
            ..Listed::new(digest.ok_or(NotDone::Answer)?)
        })
    }
}

/// A time; none at the beginning of time.
fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    let time = Timestamp::new(time.secs(), nanoseconds).ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}
