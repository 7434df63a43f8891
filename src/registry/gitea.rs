//! Gitea and Forgejo: the distribution API, and a list of packages that says when each version
//! was pushed.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::access::{Advice, Case, Trouble};
use super::api::{Api, Ask};
use super::basic::login_of;
use super::brand::{Brand, Family, Listed, Listing, Sweep, Tagged};
use super::clock::time;
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::refusal::{Refusal, Why};
use super::shown::Shown;
use crate::oci::{self, Digest, Tag};

/// Gitea and Forgejo (go-gitea/gitea, `routers/api/packages/container`,
/// `routers/api/v1/packages`).
pub struct Gitea;

/// How many packages a page has at most, unless the administrator has changed it.
const PAGE: usize = 50;

/// More pages than any owner has packages; a server that goes on for ever is not followed.
const MAX_PAGES: usize = 10_000;

impl Family for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn title(&self) -> &'static str {
        "Gitea"
    }

    fn is_host(&self, registry: &str) -> bool {
        matches!(registry, "codeberg.org" | "gitea.com")
    }

    /// GitLab has the same service with another realm, Nexus the same realm with another service.
    fn is_shown(&self, _: &str, shown: &Shown) -> Option<String> {
        let realm = shown.realm()?;
        let own = realm.path() == "/v2/token"
            && (shown.service.as_deref() == Some("container_registry")
                || (shown.service.is_none() && shown.basic));
        own.then(|| format!("its token service is {realm}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        let base = place.base();
        let remote = base.remote();
        let mut root = match place.api() {
            Some(api) => api.clone(),
            None => remote.url("/api/v1/"),
        };
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let mut api = Api::below(remote.client(), root, "Gitea", remote.retry_timeout())?;
        if let Some(login) = login_of(remote)? {
            api = api.authorized(login);
        }
        Ok(Box::new(Repository { base, api }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        let token = "use an access token with the scope write:package, of a user who may write to the \
                     owner's packages";
        Some(match (trouble, case.job_token()) {
            (Trouble::Refused | Trouble::Denied(_), Some(variable)) => Advice::new(
                format!("{variable} may push packages in new versions of the forge alone"),
                token,
            ),
            (Trouble::Refused, None) => Advice::new(
                "the password or token is wrong or has ended; a user with two-factor \
                 authentication needs a token",
                token,
            ),
            _ => return None,
        })
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("the scope write:package decides it")
    }
}

struct Repository {
    base: Default,
    api: Api,
}

/// A version of a package: a tag, or the digest of a manifest that was pushed by it.
#[derive(Deserialize)]
struct Version {
    name: String,
    version: String,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Timestamp>,
}

impl Repository {
    /// The owner, and the package's name.
    fn parts(&self) -> (&str, &str) {
        let path = self.base.remote().repository().path();
        path.split_once('/').unwrap_or((path, ""))
    }

    fn subject(&self) -> String {
        self.base.remote().repository().to_string()
    }

    /// All versions.
    async fn versions(&self) -> Result<Vec<Version>, Error> {
        let (owner, name) = self.parts();
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let url = self.page(owner, name, page);
            let answer = self
                .api
                .send(&Ask::new(Method::GET, url, self.subject()))
                .await?;
            if answer.status != 200 {
                return Err(answer.refused(None));
            }
            let found: Vec<Version> = answer.json()?;
            if found.is_empty() {
                return Ok(all);
            }
            // The server looks for parts of names.
            all.extend(found.into_iter().filter(|one| one.name == name));
        }
        Err(Error::Answer {
            subject: self.subject(),
            service: "Gitea".to_owned(),
            line: 0,
        })
    }

    /// All versions; none only where the registry has no tag of it either.
    async fn all(&self) -> Result<Vec<Version>, Error> {
        let refusal = match self.versions().await {
            Ok(versions) if versions.is_empty() => Refusal {
                subject: self.subject(),
                service: "Gitea".to_owned(),
                status: 404,
                why: Why::NotAllowed {
                    needs: Some("a token with the scope write:package".to_owned()),
                },
                said: None,
                advice: None,
            },
            Err(Error::Refused(refusal)) if refusal.why == Why::NotFound => refusal,
            versions => return versions,
        };
        match self.base.remote().tags().page().await {
            Ok(Some(tags)) if !tags.is_empty() => Err(Error::Refused(refusal)),
            Ok(_) | Err(oci::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn page(&self, owner: &str, name: &str, page: usize) -> Url {
        let mut url = self.api.url(&["packages", owner]);
        url.query_pairs_mut()
            .append_pair("type", "container")
            .append_pair("q", name)
            .append_pair("page", &page.to_string())
            .append_pair("limit", &PAGE.to_string());
        url
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// A deletion by digest finds all its versions in the database.
    fn sweep(&self) -> Sweep {
        Sweep::Manifests
    }

    /// Gitea, "Package registry": `[cron.cleanup_packages]`, whose `OLDER_THAN` is 24 hours.
    fn after_deleting(&self) -> &'static str {
        "Gitea frees the space by itself, a day later unless it is set otherwise."
    }

    /// The versions' pages for the times, and a HEAD for the digest of each tag.
    fn listing(&self, jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async move {
            let versions = match self.versions().await {
                // What the API does not show to whoever asks, the registry may.
                Err(Error::Refused(refusal)) if matches!(refusal.status, 401 | 403 | 404) => {
                    return Ok(None);
                }
                versions => versions?,
            };
            let pushed: HashMap<&str, Timestamp> = versions
                .iter()
                .filter_map(|one| Some((one.version.as_str(), one.created_at?)))
                .collect();
            let mut entries: Vec<Listed> = Vec::new();
            for tagged in self.base.heads(jobs).await? {
                let mut listed = Listed::new(tagged.digest);
                listed.pushed = pushed.get(tagged.tag.as_str()).copied();
                listed.tags = vec![tagged.tag];
                listed.media_type = Some(tagged.media_type);
                entries.push(listed);
            }
            for version in &versions {
                let Ok(digest) = version.version.parse() else {
                    continue;
                };
                let mut listed = Listed::new(digest);
                listed.pushed = version.created_at;
                entries.push(listed);
            }
            Ok(Some(Listing {
                entries,
                has_untagged: true,
            }))
        })
    }

    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(self.base.heads(jobs))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.base.foresee_untag(tag)
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        self.base.foresee_delete(digest)
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { Ok(!self.all().await?.is_empty()) })
    }

    /// The package goes with its last version.
    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async move {
            let (owner, name) = self.parts();
            let versions = self.all().await?;
            let mut removed = false;
            for Version { version, .. } in versions {
                let url = self
                    .api
                    .url(&["packages", owner, "container", name, &version]);
                let subject = format!("{}:{version}", self.subject());
                let answer = self
                    .api
                    .send(&Ask::new(Method::DELETE, url, subject))
                    .await?;
                match answer.status {
                    204 => removed = true,
                    404 => {}
                    _ => return Err(answer.refused(None)),
                }
            }
            Ok(removed)
        })
    }
}
