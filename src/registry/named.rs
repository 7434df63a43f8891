//! A brand that the user named, and nothing has shown yet: what its API says of a removal is held
//! against the registry. An API that is not there answers 404 to everything, which would be taken
//! for "it is gone".

use futures_util::future::BoxFuture;

use super::brand::{Brand, Created, Listing, Tagged, Takes};
use super::default::Default;
use super::error::Error;
use crate::oci::{Digest, Reference, Remote, Tag, Target};

/// A repository of a brand that is only believed.
pub(super) struct Named {
    /// The repository, as that brand does it.
    pub(super) brand: Box<dyn Brand>,
    /// The brand, as its vendor writes it.
    pub(super) title: &'static str,
}

impl Named {
    /// What was done, if the registry has nothing there any more. One that does not answer this
    /// shows nothing.
    async fn checked(
        &self,
        done: Result<bool, Error>,
        target: Target,
        subject: Reference,
    ) -> Result<bool, Error> {
        let done = done?;
        match self.base().remote().head(&target).await {
            Ok(Some(_)) => Err(self.other(subject)),
            _ => Ok(done),
        }
    }

    fn other(&self, subject: impl ToString) -> Error {
        Error::OtherBrand {
            subject: subject.to_string(),
            title: self.title,
        }
    }

    async fn checked_deletion(
        &self,
        digest: &Digest,
        done: Result<bool, Error>,
    ) -> Result<bool, Error> {
        let subject = self.remote().repository().at(digest.clone());
        let target = Target::Digest(digest.clone());
        self.checked(done, target, subject).await
    }

    /// A repository that is not there has no tags.
    async fn checked_absence(&self, is_there: Result<bool, Error>) -> Result<bool, Error> {
        if !is_there? {
            return match self.base().exists().await {
                Ok(true) => Err(self.other(self.remote().repository())),
                _ => Ok(false),
            };
        }
        Ok(true)
    }
}

impl Brand for Named {
    fn base(&self) -> &Default {
        self.brand.base()
    }

    fn remote(&self) -> &Remote {
        self.brand.remote()
    }

    fn listing(&self, jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        self.brand.listing(jobs)
    }

    fn hides(&self) -> bool {
        self.brand.hides()
    }

    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        self.brand.tagged(jobs)
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let subject = self.remote().repository().tagged(tag.clone());
            let done = self.brand.untag(tag).await;
            self.checked(done, Target::Tag(tag.clone()), subject).await
        })
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.brand.foresee_untag(tag)
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let done = self.brand.delete(digest).await;
            self.checked_deletion(digest, done).await
        })
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        self.brand.foresee_delete(digest)
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        self.brand.tags_now(digest)
    }

    fn takes(&self) -> Takes {
        self.brand.takes()
    }

    fn delete_all<'a>(
        &'a self,
        digests: &'a [Digest],
    ) -> BoxFuture<'a, Vec<(Digest, Result<bool, Error>)>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for (digest, done) in self.brand.delete_all(digests).await {
                let done = self.checked_deletion(&digest, done).await;
                all.push((digest, done));
            }
            all
        })
    }

    fn deletes_at_once(&self) -> usize {
        self.brand.deletes_at_once()
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        self.brand.create()
    }

    /// What is removed later, as GitLab does it, may still be there.
    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { self.checked_absence(self.brand.remove().await).await })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            self.checked_absence(self.brand.foresee_remove().await)
                .await
        })
    }

    fn needs_creating(&self) -> bool {
        self.brand.needs_creating()
    }
}
