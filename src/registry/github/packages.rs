//! GitHub's REST API of one package.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderName};
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::instance::Instance;
use super::refusals::{SCOPES, advised, lacks_delete, refused};
use super::token::Token;
use super::versions::Version;
use crate::http::Authorization;
use crate::oci::{self, Digest, Remote, Tag, Target};
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::error::Error;
use crate::registry::place::Place;
use crate::registry::refusal::{Refusal, Why};
use crate::text::printable;

/// Who it is, in errors.
const SERVICE: &str = "GitHub";

/// The version of the API that this is written for.
const API_VERSION: (HeaderName, &str) = (
    HeaderName::from_static("x-github-api-version"),
    "2022-11-28",
);

/// What to do about the last tagged version.
const LAST_TAGGED: &str = "GitHub keeps the last tagged version of a package: delete the package \
                           (`dockside repository delete`), or push another tag first";

/// The pauses before a version that was just pushed is looked for again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A package, and whoever a token says.
pub(super) struct Packages {
    api: Api,
    token: Token,
    /// The repository, for people.
    subject: String,
    owner: String,
    name: String,
    account: OnceCell<Account>,
    /// The versions that were looked at right before they are deleted: to find one again takes a
    /// request for each hundred.
    found: Mutex<HashMap<Digest, Version>>,
}

/// What is known of the owner, and of who asks.
struct Account {
    /// Where its packages are.
    base: &'static str,
    /// The scopes of the token, if it is of a kind that has scopes.
    scopes: Option<String>,
}

#[derive(Deserialize)]
struct Owner {
    #[serde(rename = "type")]
    kind: String,
}

impl Packages {
    /// Nobody is asked yet.
    pub(super) fn new(place: &Place, instance: &Instance, token: Token) -> Result<Self, Error> {
        let subject = place.remote.repository().to_string();
        if token.is_fine_grained() {
            return Err(Error::Unsupported {
                subject,
                what: "take fine-grained tokens (github_pat_...)",
                instead: "use a classic token (ghp_...) with the scopes delete:packages and \
                          read:packages, or the job's GITHUB_TOKEN",
            });
        }
        let Some(base) = instance.api.clone() else {
            return Err(Error::Missing {
                subject,
                what: "the address of GitHub's API is not known".to_owned(),
                advice: "give it with --repo-api, such as https://HOST/api/v3".to_owned(),
            });
        };
        let (owner, name) = place.path().split_once('/').unwrap_or((place.path(), ""));
        if name.is_empty() {
            return Err(Error::Missing {
                subject,
                what: "a package has an owner and a name".to_owned(),
                advice: format!("write {}/OWNER/NAME", place.registry()),
            });
        }
        let client = place.remote.client();
        let retry_timeout = place.settings.context.retry_timeout;
        let api = Api::below(client, base, SERVICE, retry_timeout)?;
        Ok(Self {
            api: api.authorized(Authorization::Bearer(token.secret.clone())),
            token,
            subject,
            owner: owner.to_owned(),
            name: name.to_owned(),
            account: OnceCell::new(),
            found: Mutex::default(),
        })
    }

    /// Asks; about the package, unless something else is said.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        subject: Option<String>,
    ) -> Result<Answer, Error> {
        let subject = subject.unwrap_or_else(|| self.subject.clone());
        let (name, value) = API_VERSION;
        let ask = Ask::new(method, url, subject)
            .header(ACCEPT, "application/vnd.github+json")
            .header(name, value);
        self.api.send(&ask).await
    }

    /// The error of an answer that is no success.
    pub(super) fn refused(&self, answer: &Answer) -> Error {
        refused(answer, &self.token)
    }

    /// The error of an answer that GitHub does not describe.
    pub(super) fn bad_answer(&self) -> Error {
        Error::Answer {
            subject: self.subject.clone(),
            service: SERVICE.to_owned(),
            line: 0,
        }
    }

    /// An address below the package's own.
    pub(super) async fn url(&self, below: &[&str]) -> Result<Url, Error> {
        let base = self.account().await?.base;
        let package = [base, &self.owner, "packages", "container", &self.name];
        Ok(self.api.url(&[package.as_slice(), below].concat()))
    }

    /// Organisations and users have their packages at different addresses; `/user`, which is
    /// whoever asks, is closed to the tokens of jobs.
    async fn account(&self) -> Result<&Account, Error> {
        let ask = || async {
            let url = self.api.url(&["users", &self.owner]);
            let answer = self.ask(Method::GET, url, None).await?;
            if answer.status != 200 {
                return Err(self.refused(&answer));
            }
            let owner: Owner = answer.json()?;
            let is_organization = owner.kind == "Organization";
            Ok(Account {
                base: if is_organization { "orgs" } else { "users" },
                scopes: answer.header("x-oauth-scopes").map(str::to_owned),
            })
        };
        self.account.get_or_try_init(ask).await
    }

    /// That nothing which is known already keeps a tag from being removed. Who finds out later
    /// has changed something.
    pub(super) async fn check_untag(&self, remote: &Remote, tag: &Tag) -> Result<(), Error> {
        self.check_scopes(&format!(":{tag}")).await?;
        let tags = remote.tags().page().await?.unwrap_or_default();
        if tags.as_slice() == [tag.clone()] {
            let refusal = self.known(&format!(":{tag}"), Why::InUse);
            return Err(refusal.advising(LAST_TAGGED).into());
        }
        Ok(())
    }

    /// The same for a manifest.
    pub(super) async fn check_delete(&self, digest: &Digest) -> Result<(), Error> {
        let end = format!("@{digest}");
        self.check_scopes(&end).await?;
        match self.find(digest).await? {
            Some(version) if self.is_last(&version).await? => {
                let refusal = self.known(&end, Why::InUse);
                Err(refusal.advising(LAST_TAGGED).into())
            }
            _ => Ok(()),
        }
    }

    /// That the token is not known to lack the scopes that deleting takes.
    async fn check_scopes(&self, end: &str) -> Result<(), Error> {
        let account = self.account().await?;
        let Some(scopes) = account.scopes.as_deref().filter(|has| lacks_delete(has)) else {
            return Ok(());
        };
        let needs = Some(SCOPES.to_owned());
        let refusal = self.known(end, Why::NotAllowed { needs });
        let advice = format!(
            "{} has the scopes {}; deleting takes {SCOPES}",
            self.token.origin,
            printable(scopes)
        );
        Err(refusal.advising(advice).into())
    }

    /// A refusal that need not be asked for, about what the package's name and this end name.
    fn known(&self, end: &str, why: Why) -> Refusal {
        Refusal {
            subject: format!("{}{end}", self.subject),
            service: SERVICE.to_owned(),
            status: 0,
            why,
            said: None,
            advice: None,
        }
    }

    /// The version of a manifest that the registry has: the API may know of it later.
    pub(super) async fn await_version(&self, digest: &Digest) -> Result<Option<Version>, Error> {
        for pause in PAUSES {
            if let Some(version) = self.find(digest).await? {
                return Ok(Some(version));
            }
            tokio::time::sleep(pause).await;
        }
        self.find(digest).await
    }

    fn found(&self) -> MutexGuard<'_, HashMap<Digest, Version>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tags of a manifest; `None` when the API does not know it.
    pub(super) async fn tags_now(&self, digest: &Digest) -> Result<Option<Vec<Tag>>, Error> {
        let Some(version) = self.find(digest).await? else {
            return Ok(None);
        };
        let tags = version.tags.clone();
        self.found().insert(digest.clone(), version);
        Ok(Some(tags))
    }

    /// Removes a manifest with all its tags; `false` when it was not there.
    pub(super) async fn delete(&self, remote: &Remote, digest: &Digest) -> Result<bool, Error> {
        let found = self.found().remove(digest);
        let mut version = match found {
            Some(version) => Some(version),
            None => self.find(digest).await?,
        };
        if version.is_none() {
            let target = Target::Digest(digest.clone());
            if remote.head(&target).await?.is_none() {
                return Ok(false);
            }
            version = self.await_version(digest).await?;
        }
        match version {
            Some(version) => self.delete_version(&version).await,
            None => Err(self.unlisted(digest)),
        }
    }

    /// The error of a manifest that has no version.
    pub(super) fn unlisted(&self, digest: &Digest) -> Error {
        let refusal = Refusal {
            subject: format!("{}@{digest}", self.subject),
            service: "GitHub's API".to_owned(),
            status: 0,
            why: Why::NotFound,
            said: None,
            advice: Some("the registry has it: try again in some minutes".to_owned()),
        };
        refusal.into()
    }

    /// Removes a version; `false` when it was not there.
    pub(super) async fn delete_version(&self, version: &Version) -> Result<bool, Error> {
        let url = self.url(&["versions", &version.id.to_string()]).await?;
        let subject = match version.tags.first() {
            Some(tag) => format!("{}:{tag}", self.subject),
            None => format!("{}@{}", self.subject, version.digest),
        };
        let answer = self.ask(Method::DELETE, url, Some(subject)).await?;
        match answer.status {
            204 => Ok(true),
            404 => Ok(false),
            400 if self.is_last(version).await? => Err(advised(&answer, Why::InUse, LAST_TAGGED)),
            400 => Err(many_downloads(&answer)),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Removes the package; `false` when it was not there.
    pub(super) async fn remove(&self, remote: &Remote) -> Result<bool, Error> {
        self.at_package(remote, Method::DELETE).await
    }

    /// Whether the package is there, for whoever may delete.
    pub(super) async fn foresee_remove(&self, remote: &Remote) -> Result<bool, Error> {
        self.check_scopes("").await?;
        self.at_package(remote, Method::GET).await
    }

    async fn at_package(&self, remote: &Remote, method: Method) -> Result<bool, Error> {
        let url = self.url(&[]).await?;
        let answer = self.ask(method, url, None).await?;
        match answer.status {
            200 | 204 => Ok(true),
            404 => match remote.tags().page().await {
                Err(oci::Error::NotFound { .. }) => Ok(false),
                // It is there, for others.
                _ => Err(self.refused(&answer)),
            },
            400 => Err(many_downloads(&answer)),
            _ => Err(self.refused(&answer)),
        }
    }
}

/// The error of what GitHub keeps for those who use it. What it is not is known; no answer says
/// how often something was downloaded.
fn many_downloads(answer: &Answer) -> Error {
    advised(
        answer,
        Why::Protected,
        "GitHub keeps public versions with more than 5,000 downloads, and packages that have one: \
         ask GitHub's support to delete it",
    )
}
