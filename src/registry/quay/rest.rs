//! Quay's REST API, for one repository (`/api/v1`).

use reqwest::Method;
use serde_json::json;
use url::Url;

use super::{Error, TITLE};
use crate::docker::Kind;
use crate::http::Authorization;
use crate::oci::{Digest, Tag};
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::{Created, Place, Why};
use crate::secret::Secret;

/// The user name of OAuth tokens in a docker config (`auth/credential_consts.py`).
const OAUTH_USER: &str = "$oauthtoken";

/// What to do about a tag that does not change.
pub(super) const IMMUTABLE: &str = "a tag of it is immutable, by itself or by a policy of the repository or its organisation: \
     change that first";

/// A repository at the REST API.
pub(super) struct Rest {
    api: Api,
    namespace: String,
    name: String,
    subject: String,
}

impl Rest {
    /// The API for a repository. Nobody is asked yet.
    ///
    /// # Errors
    /// A name that cannot be one at Quay, or no address.
    pub(super) fn of(place: &Place) -> Result<Self, Error> {
        let subject = place.remote.repository().to_string();
        let Some((namespace, name)) = place.path().split_once('/') else {
            return Err(Error::Missing {
                subject,
                what: "a repository of Quay has a name of at least two parts".to_owned(),
                advice: "write NAMESPACE/NAME".to_owned(),
            });
        };
        let client = place.remote.client();
        let api = Api::below(client, client.url("/"), TITLE, place.remote.retry_timeout())?;
        let token = token(place).cloned().map(Authorization::Bearer);
        Ok(Self {
            api: match token {
                Some(token) => api.authorized(token),
                None => api,
            },
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subject,
        })
    }

    /// Whether it is known who asks.
    pub(super) fn is_authorized(&self) -> bool {
        self.api.is_authorized()
    }

    /// What errors are about.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// That there is no such repository.
    pub(super) fn missing(&self) -> Error {
        let subject = self.subject.clone();
        Error::Oci(crate::oci::Error::NotFound { subject })
    }

    /// The repository, and what is below it. Its name may have slashes.
    pub(super) fn url(&self, below: &[&str]) -> Url {
        let mut segments = vec!["api", "v1", "repository", self.namespace.as_str()];
        segments.extend(self.name.split('/'));
        segments.extend(below);
        self.api.url(&segments)
    }

    /// What is at an address.
    ///
    /// # Errors
    /// No answer, or a limit.
    pub(super) async fn get(&self, url: Url) -> Result<Answer, Error> {
        self.api.send(&self.ask(Method::GET, url)).await
    }

    fn ask(&self, method: Method, url: Url) -> Ask {
        Ask::new(method, url, self.subject.as_str())
    }

    /// The error of an answer to something that takes this.
    pub(super) fn refused(&self, answer: &Answer, needs: &str) -> Error {
        let error = answer.refused(match answer.status {
            403 => Some(Why::NotAllowed {
                needs: Some(needs.to_owned()),
            }),
            409 => Some(Why::Protected),
            _ => None,
        });
        let advice = match answer.status {
            401 => {
                "the OAuth token is wrong or has expired: make another one in an application \
                    of the organisation, and set WERF_REPO_QUAY_TOKEN"
            }
            402 => "the account's plan does not allow more private repositories",
            409 => IMMUTABLE,
            _ => return error,
        };
        match error {
            Error::Refused(refusal) => Error::Refused(refusal.advising(advice)),
            other => other,
        }
    }

    /// Makes the repository, for its members alone.
    ///
    /// # Errors
    /// As all requests; no OAuth token.
    pub(super) async fn create(&self) -> Result<Created, Error> {
        self.require("a push makes it too, where the account may")?;
        let body = json!({
            "repository": self.name,
            "namespace": self.namespace,
            "visibility": "private",
            "description": "",
            "repo_kind": "image",
        });
        let url = self.api.url(&["api", "v1", "repository"]);
        let ask = self.ask(Method::POST, url).json(&body);
        let answer = self.api.send(&ask).await?;
        match answer.status {
            200 | 201 => Ok(Created::Made),
            400 | 409 if self.get(self.url(&[])).await?.status == 200 => Ok(Created::Existed),
            _ => Err(self.refused(&answer, "an OAuth token of the scope repo:create")),
        }
    }

    /// Lets a tag name what it named within the time machine's reach; `false` when it did not, or
    /// whoever asks may not (`endpoints/api/tag.py`, `RestoreTag`).
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn restore(&self, tag: &Tag, digest: &Digest) -> Result<bool, Error> {
        if !self.is_authorized() {
            return Ok(false);
        }
        let url = self.url(&["tag", tag.as_str(), "restore"]);
        let body = json!({"manifest_digest": digest.to_string()});
        let answer = self
            .api
            .send(&self.ask(Method::POST, url).json(&body))
            .await?;
        match answer.status {
            200..=204 => Ok(true),
            400 | 401 | 403 | 404 => Ok(false),
            _ => Err(self.refused(&answer, "an OAuth token of the scope repo:write")),
        }
    }

    /// Removes the repository with everything in it; `false` when it was not there.
    ///
    /// # Errors
    /// As all requests; no OAuth token.
    pub(super) async fn remove(&self) -> Result<bool, Error> {
        self.require_admin()?;
        let answer = self
            .api
            .send(&self.ask(Method::DELETE, self.url(&[])))
            .await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(&answer, "an OAuth token of the scope repo:admin")),
        }
    }

    /// That it is known who asks, as only an administrator may do what follows.
    ///
    /// # Errors
    /// There is no OAuth token.
    pub(super) fn require_admin(&self) -> Result<(), Error> {
        self.require("only an administrator of the repository can do it")
    }

    fn require(&self, besides: &str) -> Result<(), Error> {
        if self.is_authorized() {
            return Ok(());
        }
        Err(Error::NoToken {
            subject: self.subject.clone(),
            what: "for this Quay takes an OAuth token, and there is none".to_owned(),
            advice: format!(
                "set WERF_REPO_QUAY_TOKEN, or log in as user {OAUTH_USER} with the token as \
                 password; {besides}"
            ),
        })
    }
}

/// The OAuth token: that of the settings, else that of the docker config. Robots, users and
/// application tokens are for the distribution API.
fn token(place: &Place) -> Option<&Secret> {
    let login = place.remote.found().credential.as_ref();
    let login = login.filter(|one| one.kind == Kind::Password && one.username == OAUTH_USER);
    place
        .trusted(&place.settings.quay_token)
        .or(login.map(|login| &login.secret))
}
