//! Which repository of Artifactory an image is in, and what the image is called there.

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::Image;
use crate::http::{Budget, Call};
use crate::oci::Ping;
use crate::registry::api::{Api, Ask};
use crate::registry::error::Error;
use crate::registry::shown::Shown;

/// What Artifactory writes for a repository's name where it knows none.
const NO_KEY: &str = "null";

/// Where an image is.
pub(super) struct Home {
    pub(super) api: Api,
    /// The repository's key.
    pub(super) key: String,
    /// The image's path in it.
    pub(super) image: String,
}

/// A repository's configuration, of which anybody may read this.
#[derive(Deserialize)]
struct Configuration {
    rclass: String,
}

/// The key of the repository whose token service this is:
/// `/artifactory/api/docker/KEY/v2/token`.
pub(super) fn key_of_realm(realm: &Url) -> Option<&str> {
    let (_, rest) = realm.path().split_once("/api/docker/")?;
    rest.strip_suffix("/v2/token")
        .filter(|key| !key.contains('/'))
}

impl Image {
    /// Where the image is.
    ///
    /// # Errors
    /// No answer, or it cannot be told.
    pub(super) async fn home(&self) -> Result<&Home, Error> {
        self.home.get_or_try_init(|| self.find_home()).await
    }

    async fn find_home(&self) -> Result<Home, Error> {
        let remote = self.base.remote();
        let given = self.place.api().map(parts);
        let (root, named) = given.unwrap_or_else(|| (remote.url("/artifactory/"), None));
        let key = match named {
            Some(named) => Some(named),
            None => self.shown_key().await?,
        };
        let path = self.place.path();
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (Some(first), rest),
            None => (None, path),
        };
        // The path names the repository, or, where the registry's host or port does, not.
        let (key, image) = match (key.as_deref(), first) {
            (Some(key), first) if first != Some(key) => (key, path),
            (_, Some(first)) => (first, rest),
            _ => return Err(self.missing()),
        };
        let (key, image) = (key.to_owned(), image.to_owned());
        let api = Api::below(remote.client(), root, "Artifactory", remote.retry_timeout())?;
        Ok(Home {
            api: self.authorized(api)?,
            key,
            image,
        })
    }

    /// The key that the challenge for the image names; `None` where there is no challenge, or no
    /// key in it.
    async fn shown_key(&self) -> Result<Option<String>, Error> {
        let remote = self.base.remote();
        let url = remote.url(&format!("/v2/{}/tags/list", self.place.path()));
        let budget = Budget::of_retries(remote.retry_timeout());
        let call = Call::new(Method::GET, url);
        let reply = remote.client().persist(&call, &budget).await;
        let reply = reply.map_err(|source| Error::Http {
            subject: self.subject(),
            service: "Artifactory".to_owned(),
            source,
        })?;
        let shown = Shown::of(&Ping {
            status: reply.status,
            headers: reply.headers.clone(),
        });
        let realm = shown.realm();
        let key = realm.as_ref().and_then(key_of_realm);
        Ok(key.filter(|key| *key != NO_KEY).map(str::to_owned))
    }

    fn missing(&self) -> Error {
        Error::Missing {
            subject: self.subject(),
            what: "which of Artifactory's repositories this is cannot be told".to_owned(),
            advice: "name it: --repo-api https://HOST/artifactory/REPOSITORY (or \
                     DOCKSIDE_REPO_API)"
                .to_owned(),
        }
    }

    /// Where the image is, if things can be removed there.
    pub(super) async fn local(&self) -> Result<&Home, Error> {
        let home = self.home().await?;
        let ask = self.configuration(home);
        let answer = home.api.send(&ask).await?;
        // Not everybody may read it, and what follows says by itself that it cannot be done.
        if answer.status == 200 && answer.json::<Configuration>()?.rclass != "local" {
            return Err(Error::Unsupported {
                subject: self.subject(),
                what: "remove anything: it is a virtual or remote repository",
                instead: "name the local repository that has the image",
            });
        }
        Ok(home)
    }

    /// Asks for the repository's configuration.
    pub(super) fn configuration(&self, home: &Home) -> Ask {
        let url = home.api.url(&["api", "repositories", &home.key]);
        Ask::new(Method::GET, url, self.subject())
    }
}

/// The API's base, and the repository's key, of what a user gave.
fn parts(given: &Url) -> (Url, Option<String>) {
    let mut root = given.clone();
    root.set_query(None);
    root.set_fragment(None);
    let path = given.path();
    let (before, rest) = match path.split_once("/artifactory") {
        Some((before, rest)) => (format!("{before}/artifactory/"), rest),
        None => (format!("{}/artifactory/", path.trim_end_matches('/')), ""),
    };
    root.set_path(&before);
    let key = rest.trim_matches('/').split('/').next();
    let key = key.filter(|key| !key.is_empty() && *key != "api");
    (root, key.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::{key_of_realm, parts};

    #[test]
    fn realms() {
        for (realm, expected) in [
            (
                "https://a.jfrog.io/artifactory/api/docker/images/v2/token",
                Some("images"),
            ),
            (
                "https://a.example.com/api/docker/null/v2/token",
                Some("null"),
            ),
            (
                "https://a.jfrog.io/artifactory/api/docker/a/b/v2/token",
                None,
            ),
            ("https://a.jfrog.io/v2/token", None),
            ("https://a.jfrog.io/artifactory/api/docker/images", None),
        ] {
            assert_eq!(key_of_realm(&realm.parse().unwrap()), expected, "{realm}");
        }
    }

    #[test]
    fn addresses_of_users() {
        for (given, root, key) in [
            (
                "https://a.jfrog.io",
                "https://a.jfrog.io/artifactory/",
                None,
            ),
            (
                "https://a.jfrog.io/artifactory/",
                "https://a.jfrog.io/artifactory/",
                None,
            ),
            (
                "https://a/artifactory/images",
                "https://a/artifactory/",
                Some("images"),
            ),
            (
                "https://a/x/artifactory/images/app/?y",
                "https://a/x/artifactory/",
                Some("images"),
            ),
            ("https://a/artifactory/api", "https://a/artifactory/", None),
        ] {
            let (found, named) = parts(&given.parse().unwrap());
            assert_eq!(found.as_str(), root, "{given}");
            assert_eq!(named.as_deref(), key, "{given}");
        }
    }
}
