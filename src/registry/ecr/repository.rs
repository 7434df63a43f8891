//! One repository of ECR or ECR Public.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OnceCell};

use super::calls::{Calls, Deleted, Id, ItemFailure, NotDone};
use super::private::Private;
use super::public::Public;
use super::refused::item;
use crate::auth;
use crate::auth::aws::{EcrHost, Session};
use crate::oci::{self, Digest, Tag, Target};
use crate::registry::brand::{Brand, Created, Listed, Listing, Sweep};
use crate::registry::default::Default;
use crate::registry::error::Error;
use crate::registry::place::Place;

/// The most images of one `BatchDeleteImage`.
const BATCH: usize = 100;

/// What AWS says of a repository that is not there.
const NO_REPOSITORY: &str = "RepositoryNotFoundException";

/// A repository.
pub(super) struct Repository {
    base: Default,
    calls: Box<dyn Calls>,
    /// Tags that a dry run takes for removed. Held by whoever removes a tag: two that do it at the same time would each take the other's
    /// tag for one that stays, and the image would go with the second one.
    untagging: Mutex<HashSet<Tag>>,
}

/// Variables of AWS's own that say that its services are elsewhere, where registries have other
/// addresses too.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR"];

impl Repository {
    /// Nobody is asked yet.
    ///
    /// # Errors
    /// A path that ECR Public cannot have.
    pub(super) fn open(place: Place) -> Result<Self, Error> {
        let host = EcrHost::parse(place.registry());
        let env = &place.settings.context.env;
        let is_elsewhere =
            place.api().is_some() || ENDPOINTS.iter().any(|variable| env.has(variable));
        if host.is_none() && !is_elsewhere {
            return Err(Error::Missing {
                subject: place.remote.repository().to_string(),
                what: "this is no address of Amazon ECR, which does not know the registry by it"
                    .to_owned(),
                advice: "write ACCOUNT.dkr.ecr.REGION.amazonaws.com, also where the registry has \
                         a domain of your own"
                    .to_owned(),
            });
        }
        let location = host.as_ref().map(EcrHost::location).unwrap_or_default();
        let session = Session::new(&place.settings.context, place.registry(), location);
        let api = place.api().cloned();
        let (account, is_public) = match host {
            Some(EcrHost::Public) => (None, true),
            Some(EcrHost::Private { account, .. }) => (Some(account), false),
            None => (None, false),
        };
        let calls: Box<dyn Calls> = if is_public {
            let (alias, name) = place.path().split_once('/').ok_or_else(|| Error::Missing {
                subject: place.remote.repository().to_string(),
                what: "a repository of ECR Public has the alias of its registry before its name"
                    .to_owned(),
                advice: format!("write {}/ALIAS/{}", place.registry(), place.path()),
            })?;
            Box::new(Public {
                session,
                api,
                alias: alias.to_owned(),
                name: name.to_owned(),
                account: OnceCell::new(),
            })
        } else {
            Box::new(Private {
                session,
                api,
                account,
                name: place.path().to_owned(),
            })
        };
        Ok(Self {
            base: place.base(),
            calls,
            untagging: Mutex::default(),
        })
    }

    fn name(&self) -> &oci::Repository {
        self.base.remote().repository()
    }

    /// All images, page after page. A marker that comes again would go on for ever.
    async fn images(&self) -> Result<Option<Listing>, NotDone> {
        if !self.calls.is_own().await? {
            return Ok(None);
        }
        let (mut entries, mut markers) = (Vec::new(), HashSet::new());
        let mut marker = None;
        loop {
            let page = self.calls.page(marker).await?;
            entries.extend(page.images);
            let Some(next) = page.next else {
                return Ok(Some(Listing {
                    entries,
                    has_untagged: true,
                }));
            };
            if !markers.insert(next.clone()) {
                return Err(NotDone::Answer);
            }
            marker = Some(next);
        }
    }

    /// An image by its digest or one of its tags; `None` when it is not there.
    async fn image(&self, id: Id) -> Result<Option<Listed>, NotDone> {
        match self.calls.image(id).await {
            Err(error) if error.is(NO_REPOSITORY) || error.is("ImageNotFoundException") => Ok(None),
            image => image,
        }
    }

    /// What a tag names that is not its image's last one; `None` when it is not there.
    async fn removable(&self, tag: &Tag, gone: &HashSet<Tag>) -> Result<Option<Digest>, Error> {
        let reference = self.name().tagged(tag.clone());
        let image = self.image(Id::tag(tag)).await;
        let Some(image) = image.map_err(|error| error.about(&reference))? else {
            return Ok(None);
        };
        if image
            .tags
            .iter()
            .all(|other| other == tag || gone.contains(other))
        {
            return Err(Error::LastTag {
                subject: reference.to_string(),
                instead: "ECR deletes an image with its last tag: `dockside delete` removes both, \
                          and a tag that `dockside tag` adds first keeps it",
            });
        }
        Ok(Some(image.digest))
    }

    /// Removes a tag that is not its image's last one. The request names the tag alone: one that
    /// names a digest too may be taken for one to delete the image (moto does so), and Amazon's
    /// description only says of digests that they delete images.
    async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        let gone = self.untagging.lock().await;
        let Some(named) = self.removable(tag, &gone).await? else {
            return Ok(false);
        };
        let reference = self.name().tagged(tag.clone());
        let deleted = self.calls.delete(vec![Id::tag(tag)]).await;
        let deleted = deleted.map_err(|error| error.about(&reference))?;
        match deleted.failures.into_iter().next() {
            None => {}
            Some(failure) if failure.code == "ImageNotFound" => return Ok(false),
            Some(failure) => return Err(item(reference, failure)),
        }
        let removed = deleted.done.iter().filter_map(|text| text.parse().ok());
        match removed.into_iter().find(|digest| *digest != named) {
            None => Ok(true),
            Some(other) => Err(self.put_back(tag, other).await),
        }
    }

    /// Names again what was pushed to a tag just before that was removed; says what became of it.
    async fn put_back(&self, tag: &Tag, digest: Digest) -> Error {
        let remote = self.base.remote();
        let put = async {
            let there = remote.manifest(&Target::Digest(digest.clone())).await?;
            let Some(manifest) = there else {
                let subject = self.name().at(digest.clone()).to_string();
                return Err(oci::Error::NotFound { subject });
            };
            remote
                .put_manifest(&Target::Tag(tag.clone()), &manifest)
                .await
        };
        match put.await {
            Ok(_) => Error::Moved {
                subject: self.name().tagged(tag.clone()).to_string(),
            },
            Err(source) => Error::Lost {
                manifest: self.name().at(digest.clone()),
                source,
            },
        }
    }

    /// Removes images by one request; what became of each.
    async fn remove_batch(&self, digests: &[Digest]) -> Vec<(Digest, Result<bool, Error>)> {
        let ids = digests.iter().map(Id::image);
        let all = |result: &dyn Fn() -> Result<bool, Error>| {
            let each = digests.iter().map(|digest| (digest.clone(), result()));
            each.collect()
        };
        match self.calls.delete(ids.collect()).await {
            Ok(deleted) => self.sorted(digests, deleted),
            Err(error) if error.is(NO_REPOSITORY) => all(&|| Ok(false)),
            Err(error) if is_nobody(&error) => {
                let mut done = Vec::new();
                for digest in digests {
                    done.push((digest.clone(), self.base.delete(digest).await));
                }
                done
            }
            Err(error) => {
                let error = Arc::new(error.about(self.name()));
                all(&|| Err(Error::Shared(Arc::clone(&error))))
            }
        }
    }

    fn sorted(&self, digests: &[Digest], deleted: Deleted) -> Vec<(Digest, Result<bool, Error>)> {
        let done: HashSet<String> = deleted.done.into_iter().collect();
        let failures = deleted.failures.into_iter();
        let mut failures: HashMap<String, ItemFailure> = failures
            .filter_map(|failure| Some((failure.digest.clone()?, failure)))
            .collect();
        let sort = |digest: &Digest| {
            let text = digest.to_string();
            match failures.remove(&text) {
                Some(failure) if failure.code == "ImageNotFound" => Ok(false),
                Some(failure) => Err(item(self.name().at(digest.clone()), failure)),
                None if done.contains(&text) => Ok(true),
                // What is not mentioned must not be taken for done.
                None => Err(NotDone::Answer.about(self.name().at(digest.clone()))),
            }
        };
        let results: Vec<_> = digests.iter().map(sort).collect();
        digests.iter().cloned().zip(results).collect()
    }
}

/// Whether there is nobody at AWS who asks. What the distribution API does can still be done by
/// whoever the docker config says.
fn is_nobody(error: &NotDone) -> bool {
    matches!(
        error,
        NotDone::Error(Error::Auth(auth::Error::NoIdentity { .. }))
    )
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// `BatchDeleteImage` removes a hundred manifests with all their tags.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async {
            match self.images().await {
                Ok(listing) => Ok(listing),
                Err(error) if is_nobody(&error) => Ok(None),
                Err(error) if error.is(NO_REPOSITORY) => {
                    let subject = self.name().to_string();
                    Err(oci::Error::NotFound { subject }.into())
                }
                Err(error) => Err(error.about(self.name())),
            }
        })
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let mut gone = self.untagging.lock().await;
            let is_there = self.removable(tag, &gone).await?.is_some();
            gone.insert(tag.clone());
            Ok(is_there)
        })
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(async {
            match self.image(Id::image(digest)).await {
                Ok(image) => Ok(image.map(|image| image.tags)),
                Err(error) if is_nobody(&error) => Ok(None),
                Err(error) => Err(error.about(self.name().at(digest.clone()))),
            }
        })
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let done = self.remove_batch(std::slice::from_ref(digest)).await;
            done.into_iter().next().map_or(Ok(false), |(_, done)| done)
        })
    }

    fn delete_all<'a>(
        &'a self,
        digests: &'a [Digest],
    ) -> BoxFuture<'a, Vec<(Digest, Result<bool, Error>)>> {
        Box::pin(async move {
            let mut done = Vec::new();
            for batch in digests.chunks(BATCH) {
                done.extend(self.remove_batch(batch).await);
            }
            done
        })
    }

    fn deletes_at_once(&self) -> usize {
        BATCH
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(async {
            match self.calls.create().await {
                Ok(created) => Ok(created),
                Err(error) if error.is("RepositoryAlreadyExistsException") => Ok(Created::Existed),
                Err(error) => Err(error.about(self.name())),
            }
        })
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            match self.calls.remove().await {
                Ok(()) => Ok(true),
                Err(error) if error.is(NO_REPOSITORY) => Ok(false),
                Err(error) => Err(error.about(self.name())),
            }
        })
    }

    fn needs_creating(&self) -> bool {
        true
    }
}
