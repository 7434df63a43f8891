//! GitHub Packages: the container registry of github.com, of GitHub Enterprise Cloud and of
//! GitHub Enterprise Server.
//!
//! A *version* of a package is a manifest with all its tags. The registry deletes nothing; the
//! REST API deletes versions, but not the last tagged one of a package, and no public one with
//! many downloads.

mod advice;
mod instance;
mod packages;
mod refusals;
mod token;
mod untag;
mod versions;

use futures_util::future::BoxFuture;

use self::instance::Instance;
use self::packages::Packages;
use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Family, Listing, Sweep, Tagged};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::oci::{Digest, Tag};

/// GitHub Packages.
pub struct Github;

impl Family for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub Packages"
    }

    fn is_host(&self, registry: &str) -> bool {
        Instance::is_vendors(registry)
    }

    /// A server of one's own has its container registry at `containers.HOST`, which gives out its
    /// tokens itself, as `ghcr.io` does.
    fn is_shown(&self, registry: &str, shown: &Shown) -> Option<String> {
        if shown.header("x-github-request-id").is_some() {
            return Some("its answers have X-GitHub-Request-Id".to_owned());
        }
        let realm = shown.realm()?;
        let named = Instance::is_subdomain(registry)
            && shown.service.as_deref() == Some(registry)
            && realm.host_str() == Some(crate::address::without_port(registry))
            && realm.path() == "/token";
        named.then(|| format!("its tokens are given out at {realm}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        let instance = Instance::of(&place);
        let access = if instance.is_legacy() {
            Access::Legacy
        } else {
            match token::find(&place, &instance) {
                None => Access::Nobody,
                Some(token) => Access::Packages(Box::new(Packages::new(&place, &instance, token)?)),
            }
        };
        Ok(Box::new(Package {
            base: place.base(),
            access,
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("GitHub's API decides it, by the scope delete:packages or the package's role")
    }
}

/// One package.
struct Package {
    base: Default,
    access: Access,
}

/// How GitHub's API is reached.
enum Access {
    /// With a token.
    Packages(Box<Packages>),
    /// There is no token for it, without which it tells nothing.
    Nobody,
    /// The registry before the container registry, whose versions are something else.
    Legacy,
}

impl Package {
    fn packages(&self) -> Result<&Packages, Error> {
        let subject = || self.base.remote().repository().to_string();
        match &self.access {
            Access::Packages(packages) => Ok(packages),
            Access::Nobody => Err(Error::NoToken {
                subject: subject(),
                what: "GitHub's API needs a token".to_owned(),
                advice: format!(
                    "set WERF_REPO_GITHUB_TOKEN to a classic token with {}, or log in to the \
                     registry with it",
                    refusals::SCOPES
                ),
            }),
            Access::Legacy => Err(Error::Unsupported {
                subject: subject(),
                what: "delete anything",
                instead: "it is GitHub's older docker registry: use the container registry, \
                          ghcr.io or containers.HOST, to which images were moved",
            }),
        }
    }
}

impl Brand for Package {
    fn base(&self) -> &Default {
        &self.base
    }

    /// A package that may not be seen is answered as one that is not there.
    fn hides(&self) -> bool {
        true
    }

    /// A version is a manifest with all its tags.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// GitHub, "Deleting and restoring a package".
    fn after_deleting(&self) -> &'static str {
        "GitHub frees the space by itself; within 30 days what was deleted can be restored."
    }

    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async {
            match &self.access {
                Access::Packages(packages) => packages.listing().await.map(Some),
                Access::Nobody | Access::Legacy => Ok(None),
            }
        })
    }

    /// A public package with more than 5,000 downloads cannot be deleted (GitHub, "Deleting and
    /// restoring a package").
    fn counts_reads(&self) -> bool {
        true
    }

    fn lists_late(&self) -> bool {
        true
    }

    /// By the registry itself: the API may not have the latest pushes yet, and knows no media
    /// types. A HEAD is no download.
    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(self.base.heads(jobs))
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { untag::untag(self.base.remote(), self.packages()?, tag).await })
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { self.packages()?.delete(self.base.remote(), digest).await })
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let packages = self.packages()?;
            let is_there = self.base.has(tag).await?;
            if is_there {
                packages.check_untag(self.base.remote(), tag).await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.packages()?.check_delete(digest).await })
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(async move { self.packages()?.tags_now(digest).await })
    }

    fn restore<'a>(
        &'a self,
        digest: &'a Digest,
        _: &'a [Tag],
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            match &self.access {
                Access::Packages(packages) => packages.restore(digest).await,
                Access::Nobody | Access::Legacy => Ok(false),
            }
        })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { self.packages()?.foresee_remove(self.base.remote()).await })
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { self.packages()?.remove(self.base.remote()).await })
    }
}

#[cfg(test)]
mod tests {
    use super::Github;
    use crate::registry::{Family as _, Shown};

    fn shown(realm: &str, service: &str, header: Option<&str>) -> Shown {
        let header = header.map(|name| (name.to_owned(), "1:2".to_owned()));
        Shown {
            status: 401,
            realm: Some(realm.to_owned()),
            service: Some(service.to_owned()),
            basic: false,
            headers: header.into_iter().collect(),
        }
    }

    #[test]
    fn a_server_of_ones_own_is_known_by_its_answer() {
        let why = |registry: &str, shown: &Shown| Github.is_shown(registry, shown);
        let own = "containers.ghe.example.com";
        let realm = "https://containers.ghe.example.com/token";
        assert_eq!(
            why(own, &shown(realm, own, None)),
            Some(format!("its tokens are given out at {realm}"))
        );
        assert_eq!(
            why(
                "any.example.com",
                &shown("x", "y", Some("x-github-request-id"))
            ),
            Some("its answers have X-GitHub-Request-Id".to_owned())
        );
        for (registry, realm, service) in [
            (
                "registry.example.com",
                "https://registry.example.com/token",
                "registry.example.com",
            ),
            (own, "https://auth.example.com/token", own),
            (own, "https://containers.ghe.example.com/v2/token", own),
            (own, realm, "container_registry"),
        ] {
            assert_eq!(why(registry, &shown(realm, service, None)), None, "{realm}");
        }
    }
}
