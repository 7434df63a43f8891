//! JFrog Artifactory: its REST API and its query language, beside the registry.
//!
//! A tag is a folder `REPOSITORY/IMAGE/TAG` with a copy of the manifest of its own; what is pushed
//! by its digest is in a folder `sha256:HEX`. A manifest is there as long as one of the folders is.
//!
//! A folder is removed by its name, whatever it has by then. What a tag names is looked at in the
//! request right before its folder goes; what is pushed to the tag between the two is lost.
//!
//! What `--repo-api` says may name the repository: `https://HOST/artifactory/REPOSITORY`.

mod changes;
mod folders;
mod home;
mod listing;

use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName};
use tokio::sync::OnceCell;

use self::home::{Home, key_of_realm};
use super::api::{Answer, Api};
use super::basic::login_of;
use super::brand::{Brand, Created, Family, Listing, Sweep, Tagged};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::refusal::Why;
use super::shown::Shown;
use crate::docker::Kind;
use crate::http::Authorization;
use crate::oci::{Digest, Tag};

/// The header of API keys, for logins without a user's name.
const API_KEY: HeaderName = HeaderName::from_static("x-jfrog-art-api");

/// JFrog Artifactory.
pub struct Artifactory;

impl Family for Artifactory {
    fn name(&self) -> &'static str {
        "artifactory"
    }

    fn title(&self) -> &'static str {
        "JFrog Artifactory"
    }

    /// JFrog's cloud.
    fn is_host(&self, registry: &str) -> bool {
        let host = registry.strip_suffix(":443").unwrap_or(registry);
        let name = host.strip_suffix(".jfrog.io");
        name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
    }

    fn is_shown(&self, _registry: &str, shown: &Shown) -> Option<String> {
        if let Some(realm) = shown.realm().filter(|realm| key_of_realm(realm).is_some()) {
            return Some(format!("its token service is {realm}"));
        }
        let header = ["x-jfrog-version", "x-artifactory-id"]
            .into_iter()
            .find(|name| shown.header(name).is_some())?;
        Some(format!("it sends the header {header}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Image {
            base: place.base(),
            place,
            home: OnceCell::new(),
        }))
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("the permissions of Artifactory decide it")
    }

    fn version<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let version = headers.get("x-jfrog-version")?.to_str().ok()?;
        version.strip_prefix("Artifactory/")
    }
}

/// An image of a repository of Artifactory.
struct Image {
    base: Default,
    place: Place,
    home: OnceCell<Home>,
}

impl Image {
    fn subject(&self) -> String {
        self.base.remote().repository().to_string()
    }

    /// The API as whoever the docker config says.
    fn authorized(&self, api: Api) -> Result<Api, Error> {
        let remote = self.base.remote();
        let Some(found) = &remote.found().credential else {
            return Ok(api);
        };
        let token = Authorization::Bearer(found.secret.clone());
        Ok(match found.kind {
            Kind::RegistryToken => api.authorized(token),
            Kind::Password if !found.username.is_empty() => match login_of(remote)? {
                Some(login) => api.authorized(login),
                None => api,
            },
            // Access tokens are signed, API keys are not.
            Kind::Password if is_signed(found.secret.expose()) => api.authorized(token),
            Kind::Password => api.header(API_KEY, found.secret.expose()),
            Kind::IdentityToken => api,
        })
    }

    /// Why Artifactory did not do something; `needs` is the permission that it takes.
    fn refused(&self, answer: &Answer, needs: &str) -> Error {
        let why = match answer.status {
            403 => Some(Why::NotAllowed {
                needs: Some(needs.to_owned()),
            }),
            // What a repository does not accept; none is in use.
            409 => Some(Why::Protected),
            _ => None,
        };
        answer.refused(why)
    }
}

/// Whether a secret has the form of a signed token (RFC 7519).
fn is_signed(secret: &str) -> bool {
    secret.starts_with("eyJ") && secret.split('.').count() == 3
}

impl Brand for Image {
    fn base(&self) -> &Default {
        &self.base
    }

    /// An administrator can have what may not be seen answered as what is not there.
    fn hides(&self) -> bool {
        true
    }

    /// A manifest is a folder for each tag, and each of those is removed by one request.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// JFrog Artifactory, "Garbage Collection" and "Trash Can Settings".
    fn after_deleting(&self) -> &'static str {
        "Space is freed by Artifactory's garbage collection, after the trash can has let go where \
         there is one (14 days unless it is set otherwise)."
    }

    fn listing(&self, jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(self.list(jobs))
    }

    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(self.list_tags(jobs))
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_manifest(digest))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let is_there = self.base.has(tag).await?;
            if is_there {
                self.local().await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, _: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { self.local().await.map(|_| ()) })
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(self.list_tags_of(digest))
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            self.local().await?;
            self.base.exists().await
        })
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(self.create_repository())
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.remove_all())
    }
}

#[cfg(test)]
mod tests {
    use super::{Artifactory, Family as _, is_signed};

    #[test]
    fn hosts_of_the_cloud() {
        for (host, expected) in [
            ("acme.jfrog.io", true),
            ("acme-docker.jfrog.io", true),
            ("acme.jfrog.io:443", true),
            ("jfrog.io", false),
            (".jfrog.io", false),
            ("a.b.jfrog.io", false),
            ("acme.jfrog.io.example.com", false),
        ] {
            assert_eq!(Artifactory.is_host(host), expected, "{host}");
        }
    }

    #[test]
    fn access_tokens_are_told_from_keys() {
        assert!(is_signed("eyJ.eyJ.x"));
        for key in ["AKCp8", "eyJ", "a.b.c", ""] {
            assert!(!is_signed(key), "{key}");
        }
    }
}
