//! Google Artifact Registry, which serves the names of Container Registry too.
//!
//! What the distribution API calls a repository is an image there (a `package`), in a repository
//! that holds many. [`Brand::remove`] deletes the image with all its versions, and the repository
//! itself only when the path ends with it (`us-docker.pkg.dev/project/repository`).
//! [`Brand::create`] makes the repository: images are made by the first push.

mod advice;
mod extended;
mod fault;
mod foresight;
mod name;
mod removal;
mod service;
mod token;
mod value;
mod versions;

use futures_util::future::BoxFuture;

use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Created, Family, Listing, Sweep};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::refusal::{Refusal, Why};
use super::shown::Shown;
use crate::auth::google;
use crate::oci::{Digest, Tag};
use extended::List;
use name::Name;
use service::{SERVICE, Service};

/// Google Artifact Registry.
pub struct Gcr;

impl Family for Gcr {
    fn name(&self) -> &'static str {
        "gcr"
    }

    fn title(&self) -> &'static str {
        SERVICE
    }

    fn is_host(&self, registry: &str) -> bool {
        google::is_registry(registry) || name::is_read_only(registry)
    }

    /// Its hosts are all known.
    fn is_shown(&self, _: &str, _: &Shown) -> Option<String> {
        None
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        let rest = match Name::of(place.registry(), place.path()) {
            Some(name) => Some((Service::new(&name, &place)?, name)),
            None => None,
        };
        Ok(Box::new(Image {
            is_read_only: name::is_read_only(place.registry()),
            base: place.base(),
            rest,
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("IAM decides it, by the role roles/artifactregistry.repoAdmin")
    }
}

/// One image, or a repository of Artifact Registry.
struct Image {
    base: Default,
    is_read_only: bool,
    /// The REST API, and what it calls this. A registry that the user only says is one of Google's
    /// has no API that is known.
    rest: Option<(Service, Name)>,
}

impl Image {
    /// The REST API and the image there, where it may be asked.
    fn package(&self) -> Option<(&Service, &Name, &str)> {
        let (service, name) = self
            .rest
            .as_ref()
            .filter(|(service, _)| service.is_open())?;
        Some((service, name, name.package.as_deref()?))
    }

    fn subject(&self) -> String {
        self.base.remote().repository().to_string()
    }

    async fn list(&self) -> Result<Option<Listing>, Error> {
        match (extended::list(self.base.remote()).await?, self.package()) {
            (List::Whole(listing), _) => Ok(Some(listing)),
            (List::Bare, _) => Ok(None),
            (List::Cut, Some((service, name, package))) => {
                versions::list(service, name, package).await.map(Some)
            }
            (List::Cut, None) => Err(Error::Refused(Refusal {
                subject: self.subject(),
                service: SERVICE.to_owned(),
                status: 200,
                why: Why::Unsupported,
                said: Some("its list is not complete, there are too many tags".to_owned()),
                advice: Some(
                    "log in with an access token (user oauth2accesstoken) or a key (user \
                     _json_key): those can ask Google's API for all of them"
                        .to_owned(),
                ),
            })),
        }
    }
}

impl Brand for Image {
    fn base(&self) -> &Default {
        &self.base
    }

    /// The distribution API refuses what has tags (`GOOGLE_MANIFEST_DANGLING_TAG`).
    fn sweep(&self) -> Sweep {
        Sweep::TagsThenManifests
    }

    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(self.list())
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.untag_one(tag))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.delete_all(digest))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.foresee_tag(tag))
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.foresee_manifest(digest))
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(self.tags_of(digest))
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.foresee_all())
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(self.create_repository())
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.remove_all())
    }

    /// A push makes images, and no repository for them.
    fn needs_creating(&self) -> bool {
        self.rest.is_some()
    }
}
