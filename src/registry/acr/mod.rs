//! Azure Container Registry: the API that it has beside the distribution API, at its own address
//! and with its own tokens (Azure/azure-rest-api-specs, `Azure.ContainerRegistry` 2021-07-01).
//!
//! Wildcards in scopes count for nothing at registries with permissions by repository; every
//! token is asked for by the repository's own name.

mod advice;
mod listing;
mod pages;
mod refusal;

use futures_util::future::BoxFuture;
use reqwest::Method;
use url::Url;

use self::refusal::{Subject, refused};
use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Family, Listing, Sweep, Tagged};
use super::default::Default;
use super::error::Error;
use super::locks::Locks;
use super::place::Place;
use super::refusal::Why;
use super::shown::Shown;
use crate::auth::is_azure_host;
use crate::oci::{self, Digest, Extended, Extension, Remote, Tag, Target, code};

/// As its vendor writes it.
const TITLE: &str = "Azure Container Registry";

/// Where its token service is, at a registry of whatever name.
const TOKEN_PATH: &str = "/oauth2/token";

/// Azure Container Registry.
pub struct Acr;

impl Family for Acr {
    fn name(&self) -> &'static str {
        "acr"
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn is_host(&self, registry: &str) -> bool {
        is_azure_host(registry)
    }

    /// With a domain of the user's own: the token service is the registry's, or that of the name
    /// under which Azure has it.
    fn is_shown(&self, registry: &str, shown: &Shown) -> Option<String> {
        let realm = shown.realm()?;
        let service = shown.service.as_deref()?;
        let host = authority(&realm)?;
        let known = |name: &str| name.eq_ignore_ascii_case(registry) || is_azure_host(name);
        let is_own = realm.scheme() == "https" && realm.path() == TOKEN_PATH;
        (is_own && known(&host) && known(service))
            .then(|| format!("its token service is {realm} for {service}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Repository {
            base: place.base(),
            locks: Locks::default(),
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }
}

/// The host of an address, with its port unless that is the scheme's own.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// One repository.
struct Repository {
    base: Default,
    locks: Locks,
}

impl Repository {
    /// The address of what the API has of the repository.
    fn url(&self, path: &str) -> Url {
        let remote = self.base.remote();
        let repository = remote.repository().path();
        remote.url(&format!("/acr/v1/{repository}{path}"))
    }

    /// Deletes what has this address; `false` when it was not there.
    async fn delete_at(&self, url: Url, subject: &Subject) -> Result<bool, Error> {
        let extension = Extension {
            method: Method::DELETE,
            url,
            actions: &["delete"],
            body: None,
        };
        let answer = self.base.remote().extension(&extension).await;
        let answer = answer.map_err(|error| refused(error, subject))?;
        match answer.status {
            200..=204 => Ok(true),
            // An attempt whose answer was lost had done it.
            404 if answer.repeated => Ok(true),
            404 if names_what_is_missing(&answer) => Ok(false),
            404 => Err(no_such_api(self.base.remote())),
            _ => Err(refused(answer.refused(), subject)),
        }
    }
}

/// Whether a 404 is about something that the registry does not have, and not about its API.
fn names_what_is_missing(answer: &Extended) -> bool {
    let missing = [code::NAME_UNKNOWN, code::MANIFEST_UNKNOWN, "TAG_UNKNOWN"];
    let mut codes = answer.said.codes.iter();
    codes.any(|code| missing.contains(&code.as_str()))
}

/// A registry that was taken for one of Azure's. That nothing is listed there, or found, must not
/// be believed.
fn no_such_api(remote: &Remote) -> Error {
    Error::Unsupported {
        subject: remote.repository().to_string(),
        what: "be spoken to as an Azure Container Registry",
        instead: "name its brand with --repo-container-registry",
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// One request removes a manifest with all its tags.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// Azure, "Delete container images" and "Soft delete policy" (1 to 90 days).
    fn after_deleting(&self) -> &'static str {
        "Azure frees the space by itself, some time after the deletion; where soft deletion is \
         switched on, when its retention has passed."
    }

    fn listing(&self, _jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async { Ok(Some(self.list().await?)) })
    }

    /// By the lists; for those who may pull but not read metadata, as tokens for single
    /// repositories can be made, with a HEAD for each tag.
    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(async move {
            match self.list().await {
                Ok(listing) => self.base.complete(listing, jobs).await,
                Err(Error::Refused(refusal)) if matches!(refusal.why, Why::NotAllowed { .. }) => {
                    self.base.heads(jobs).await
                }
                Err(error) => Err(error),
            }
        })
    }

    /// The tag alone goes; its manifest stays, if it was the last one without a tag.
    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let subject = Subject::tag(self.base.remote(), tag);
            let url = self.url(&format!("/_tags/{tag}"));
            self.delete_at(url, &subject).await
        })
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let subject = Subject::manifest(self.base.remote(), digest);
            let target = Target::Digest(digest.clone());
            let deleted = self.base.remote().delete(&target).await;
            deleted.map_err(|error: oci::Error| refused(error, &subject))
        })
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let is_there = self.base.has(tag).await?;
            if is_there {
                self.locks.allow_tag(self, TITLE, tag).await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.locks.allow_manifest(self, TITLE, digest))
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(self.tags_of(digest))
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            let subject = Subject::repository(self.base.remote());
            self.delete_at(self.url(""), &subject).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown::Shown;
    use super::{Acr, Family as _};

    #[test]
    fn a_domain_of_ones_own_shows_whose_it_is() {
        let shown = |realm: &str, service: &str| {
            let shown = Shown {
                realm: Some(realm.to_owned()),
                service: Some(service.to_owned()),
                ..Shown::default()
            };
            Acr.is_shown("registry.contoso.example", &shown)
        };
        let own = "https://registry.contoso.example/oauth2/token";
        assert_eq!(
            shown(own, "registry.contoso.example").unwrap(),
            "its token service is https://registry.contoso.example/oauth2/token for \
             registry.contoso.example"
        );
        let azure = "https://contoso.azurecr.io/oauth2/token";
        assert!(shown(azure, "contoso.azurecr.io").is_some());
        for (realm, service) in [
            (own, "container_registry"),
            (
                "https://registry.contoso.example/token",
                "registry.contoso.example",
            ),
            (
                "http://registry.contoso.example/oauth2/token",
                "registry.contoso.example",
            ),
            (
                "https://registry.contoso.example:444/oauth2/token",
                "registry.contoso.example",
            ),
            (
                "https://evil.example/oauth2/token",
                "registry.contoso.example",
            ),
        ] {
            assert_eq!(shown(realm, service), None, "{realm} {service}");
        }
        assert_eq!(Acr.is_shown("a.example", &Shown::default()), None);
    }
}
