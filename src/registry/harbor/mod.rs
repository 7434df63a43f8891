//! Harbor 2: its REST API beside the registry (`api/v2.0/swagger.yaml` of goharbor/harbor).

mod advice;
mod artifacts;
mod garbage;
mod listing;

use futures_util::future::BoxFuture;
use url::Url;

use super::access::{Advice, Case, Trouble};
use super::api::{Answer, Api};
use super::basic::{basic, login_of};
use super::brand::{Brand, Created, Family, Listing, Sweep, Takes};
use super::default::Default;
use super::error::Error;
use super::locks::Locks;
use super::place::Place;
use super::refusal::Why;
use super::shown::Shown;
use crate::oci::{Digest, Tag};

/// The `service` of the registry's challenge (`src/server/middleware/v2auth/auth.go`).
const SERVICE: &str = "harbor-registry";

/// Harbor.
pub struct Harbor;

impl Family for Harbor {
    fn name(&self) -> &'static str {
        "harbor"
    }

    fn title(&self) -> &'static str {
        "Harbor"
    }

    /// None: names such as `harbor.example.com` are only guesses.
    fn is_host(&self, _registry: &str) -> bool {
        false
    }

    fn is_shown(&self, _registry: &str, shown: &Shown) -> Option<String> {
        let is_harbor = shown.service.as_deref() == Some(SERVICE);
        is_harbor.then(|| format!("its token service is for {SERVICE}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Repository::new(&place)?))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }
}

/// A repository of a project.
struct Repository {
    base: Default,
    locks: Locks,
    api: Api,
    project: String,
    /// The name below the project, as the API wants it: `/` is encoded once, and by [`Api::url`]
    /// once more.
    name: String,
    subject: String,
}

impl Repository {
    fn new(place: &Place) -> Result<Self, Error> {
        let subject = place.remote.repository().to_string();
        let Some((project, name)) = place.path().split_once('/') else {
            return Err(Error::Missing {
                subject,
                what: "Harbor's repositories are in projects, and this names none".to_owned(),
                advice: "write HOST/PROJECT/NAME".to_owned(),
            });
        };
        let api = Api::below(
            place.remote.client(),
            place.remote.url("/api/v2.0/"),
            "Harbor",
            place.remote.retry_timeout(),
        )?;
        let password = place.trusted(&place.settings.harbor_password);
        let authorization = match (&place.settings.harbor_username, password) {
            (Some(username), Some(password)) => Some(basic(&place.remote, username, password)?),
            _ => login_of(&place.remote)?,
        };
        Ok(Self {
            api: match authorization {
                Some(authorization) => api.authorized(authorization),
                None => api,
            },
            project: project.to_owned(),
            name: name.replace('/', "%2F"),
            base: place.base(),
            locks: Locks::default(),
            subject,
        })
    }

    /// The address of something below the repository.
    fn url(&self, below: &[&str]) -> Url {
        let repository = ["projects", &self.project, "repositories", &self.name];
        self.api.url(&[&repository[..], below].concat())
    }

    /// Why Harbor did not do something; `needs` is the permission that it takes.
    fn refused(&self, answer: &Answer, needs: &str) -> Error {
        let has = |code: &str| answer.said.codes.iter().any(|found| found == code);
        let advice = match answer.status {
            403 if has("DENIED") => Some("Harbor is read-only now: try again when it is not"),
            412 if has("PRECONDITION") => {
                Some("a rule for immutable tags of the project keeps it: change the rule first")
            }
            _ => None,
        };
        let why = match answer.status {
            403 => Some(Why::NotAllowed {
                needs: Some(needs.to_owned()),
            }),
            412 if has("VIOLATE_FOREIGN_KEY_CONSTRAINT") => Some(Why::InUse),
            _ => None,
        };
        match (answer.refused(why), advice) {
            (Error::Refused(refusal), Some(advice)) => Error::Refused(refusal.advising(advice)),
            (error, _) => error,
        }
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// A project that may not be seen may be answered as one that is not there.
    fn hides(&self) -> bool {
        true
    }

    /// One request removes an artifact with all its tags.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// Harbor, "Garbage Collection".
    fn after_deleting(&self) -> &'static str {
        "Space is freed when an administrator's garbage collection has run; layers of the last 2 \
         hours are spared."
    }

    fn listing(&self, _jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async { self.list().await.map(Some) })
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_artifact(digest))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let is_there = self.base.has(tag).await?;
            if is_there {
                self.locks.allow_tag(self, "Harbor", tag).await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.locks.allow_manifest(self, "Harbor", digest))
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(self.tags_of(digest))
    }

    /// They are accessories of the artifact.
    fn takes(&self) -> Takes {
        Takes::All
    }

    fn collect_garbage(&self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async { self.start_collection().await.map(Some) })
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(self.create_project())
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.remove_all())
    }
}
