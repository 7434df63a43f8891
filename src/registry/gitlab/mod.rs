//! GitLab: `registry.gitlab.com` and the registries of instances of one's own.
//!
//! What the registry does by itself is done there: it takes the tokens of everybody who may use
//! it. GitLab's REST API is for what only that can do: removing repositories, and tags of a
//! registry that cannot.

mod advice;
mod listing;
mod project;
mod refusals;
mod rest;
mod untag;

use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;

use self::rest::Rest;
use self::untag::Ways;
use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Family, Listing, Sweep};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::oci::{Digest, Tag};

/// The name of the token service of GitLab's registries, and of Gitea's.
const SERVICE: &str = "container_registry";

/// Where GitLab gives out tokens, below the address of the instance.
const TOKENS: &str = "/jwt/auth";

/// The header with the version of the registry.
const VERSION: &str = "gitlab-container-registry-version";

/// GitLab.
pub struct Gitlab;

impl Family for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn is_host(&self, registry: &str) -> bool {
        registry == rest::VENDORS.registry
    }

    fn is_shown(&self, _registry: &str, shown: &Shown) -> Option<String> {
        if shown.header(VERSION).is_some() {
            return Some("its answers have Gitlab-Container-Registry-Version".to_owned());
        }
        let realm = shown.realm()?;
        let is_named = shown.service.as_deref() == Some(SERVICE) && realm.path().ends_with(TOKENS);
        is_named.then(|| format!("its tokens are given out at {realm}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Registry {
            base: place.base(),
            ways: Ways::default(),
            place,
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }

    fn makes_by_asking(&self) -> bool {
        true
    }

    fn version<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers.get(VERSION)?.to_str().ok()
    }
}

/// One repository.
struct Registry {
    base: Default,
    ways: Ways,
    place: Place,
}

impl Registry {
    fn rest(&self) -> Rest<'_> {
        Rest::of(&self.place)
    }
}

impl Brand for Registry {
    fn base(&self) -> &Default {
        &self.base
    }

    /// A project that may not be seen is answered as one that is not there.
    fn hides(&self) -> bool {
        true
    }

    /// With its metadata database the registry collects what nothing names (GitLab, "Container
    /// registry metadata database"); without it, manifests of tags stay for its offline collector.
    fn sweep(&self) -> Sweep {
        Sweep::Tags
    }

    /// GitLab, "Container registry garbage collection".
    fn after_deleting(&self) -> &'static str {
        "GitLab frees the space by itself, a day later on gitlab.com; where the registry has no \
         metadata database, when its operator runs `registry-garbage-collect -m`."
    }

    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(listing::listing(&self.place.remote))
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.ways.untag(&self.place.remote, self.rest(), tag))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { self.base.delete(digest).await.map_err(refusals::explained) })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { self.rest().has_repository().await })
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { self.rest().remove().await })
    }
}

#[cfg(test)]
mod tests {
    use super::Gitlab;
    use crate::registry::{Family as _, Shown};

    #[test]
    fn an_instance_of_ones_own_is_known_by_its_tokens() {
        let why = |realm: &str, service: &str| {
            let shown = Shown {
                status: 401,
                realm: Some(realm.to_owned()),
                service: Some(service.to_owned()),
                ..Shown::default()
            };
            Gitlab.is_shown("registry.example.com", &shown)
        };
        for realm in [
            "https://gitlab.example.com/jwt/auth",
            "https://example.com/git/jwt/auth",
        ] {
            assert_eq!(
                why(realm, "container_registry"),
                Some(format!("its tokens are given out at {realm}"))
            );
        }
        // Gitea has the same service.
        for (realm, service) in [
            ("https://gitea.example.com/v2/token", "container_registry"),
            ("https://gitlab.example.com/jwt/auth", "registry"),
        ] {
            assert_eq!(why(realm, service), None, "{realm}");
        }
        assert!(Gitlab.is_host("registry.gitlab.com"));
        for host in [
            "gitlab.com",
            "registry.gitlab.com:5000",
            "registry.gitlab.example.com",
        ] {
            assert!(!Gitlab.is_host(host), "{host}");
        }
    }
}
