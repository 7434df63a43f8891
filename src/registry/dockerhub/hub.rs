//! One repository at Docker Hub's API (hub.docker.com).

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::Error;
use super::identity::Identity;
use super::rules::Rules;
use crate::http::Authorization;
use crate::oci::Tag;
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::{Created, Place, Why};
use crate::secret::Secret;

/// The only place of the API.
const BASE: &str = "https://hub.docker.com/";

/// A repository at the API.
pub(super) struct Hub {
    api: Api,
    pub(super) identity: Identity,
    namespace: String,
    name: String,
    subject: String,
}

/// What the API says of a repository (`GET /v2/namespaces/NS/repositories/R`).
#[derive(Deserialize)]
struct Described {
    immutable_tags_settings: Option<Immutable>,
}

#[derive(Deserialize)]
struct Immutable {
    enabled: Option<bool>,
    rules: Option<Vec<String>>,
}

impl Hub {
    /// The API for a repository. Nobody is asked yet.
    ///
    /// # Errors
    /// A name that cannot be one at Docker Hub.
    pub(super) fn of(place: &Place) -> Result<Self, Error> {
        let subject = place.remote.repository().to_string();
        let (namespace, name) = match place.path().split_once('/') {
            Some((namespace, name)) if !name.contains('/') => (namespace, name),
            _ => {
                return Err(Error::Missing {
                    subject,
                    what: "a repository of Docker Hub has a name of two parts".to_owned(),
                    advice: "write NAMESPACE/NAME".to_owned(),
                });
            }
        };
        let base = BASE.parse().map_err(|_| Error::Address {
            service: super::TITLE.to_owned(),
            address: BASE.to_owned(),
        })?;
        let (client, patience) = (place.remote.client(), place.remote.retry_timeout());
        Ok(Self {
            api: Api::below(client, base, super::TITLE, patience)?,
            identity: Identity::of(place, namespace)?,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subject,
        })
    }

    /// Sends a request; once more with another token when the first one is refused.
    ///
    /// # Errors
    /// No token, no answer, or a limit.
    async fn send(&self, ask: &Ask) -> Result<Answer, Error> {
        let token = self
            .identity
            .token(&self.api)
            .await
            .map_err(|e| self.told(e))?;
        let answer = self.send_as(ask, token.as_ref()).await?;
        let Some(refused) = token.filter(|_| answer.status == 401) else {
            return Ok(answer);
        };
        let token = self.identity.renewed(&self.api, &refused).await;
        match token.map_err(|e| self.told(e))? {
            Some(token) => self.send_as(ask, Some(&token)).await,
            None => Ok(answer),
        }
    }

    async fn send_as(&self, ask: &Ask, token: Option<&Secret>) -> Result<Answer, Error> {
        let api = match token {
            Some(token) => &self
                .api
                .clone()
                .authorized(Authorization::Bearer(token.clone())),
            None => &self.api,
        };
        api.send(ask).await.map_err(|error| self.told(error))
    }

    /// The same error with what Docker Hub's users should know.
    fn told(&self, error: Error) -> Error {
        let Error::Refused(refusal) = error else {
            return error;
        };
        Error::Refused(match &refusal.why {
            Why::NotAuthenticated => refusal.advising(self.identity.doubt()),
            // The limit of the API comes with a time, the limit of abuse with nothing.
            Why::Limited { until: None } => refusal.advising(super::ABUSE),
            _ => refusal,
        })
    }

    /// The error of an answer to something that takes this.
    fn refused(&self, answer: &Answer, needs: &str) -> Error {
        let why = (answer.status == 403).then(|| Why::NotAllowed {
            needs: Some(needs.to_owned()),
        });
        self.told(answer.refused(why))
    }

    fn ask(&self, method: Method, url: Url) -> Ask {
        Ask::new(method, url, self.subject.as_str())
    }

    /// The repository, and what is below it.
    fn repository(&self, below: &[&str]) -> Url {
        let (namespace, name) = (self.namespace.as_str(), self.name.as_str());
        let segments = [
            &["v2", "namespaces", namespace, "repositories", name],
            below,
        ];
        self.api.url(&segments.concat())
    }

    /// The same by the older address, which alone deletes.
    fn older(&self, below: &[&str]) -> Url {
        let segments = [
            &["v2", "repositories", &self.namespace, &self.name],
            below,
            // A slash at the end.
            &[""],
        ];
        self.api.url(&segments.concat())
    }

    /// Where a page of the list of tags is.
    pub(super) fn tags(&self, page: usize, size: usize) -> Url {
        let mut url = self.repository(&["tags"]);
        url.query_pairs_mut()
            .append_pair("page", &page.to_string())
            .append_pair("page_size", &size.to_string());
        url
    }

    /// An address that the API has named, if it is one of its own.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn follow(&self, next: &str) -> Result<Url, Error> {
        let base = self.api.url(&[]);
        let url = base.join(next).ok();
        url.filter(|url| url.origin() == base.origin())
            .ok_or_else(|| Error::Answer {
                subject: self.subject.clone(),
                service: super::TITLE.to_owned(),
                line: 1,
            })
    }

    /// What is at an address of the API; `None` when there is nothing.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn get(&self, url: Url) -> Result<Option<Answer>, Error> {
        let answer = self.send(&self.ask(Method::GET, url)).await?;
        match answer.status {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(self.refused(&answer, "an access token that may read the repository")),
        }
    }

    /// Removes a tag; `false` when the API has none.
    ///
    /// # Errors
    /// As all requests; a rule keeps the tag.
    pub(super) async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        self.identity.require()?;
        let url = self.older(&["tags", tag.as_str()]);
        let mut ask = self.ask(Method::DELETE, url);
        ask.subject = format!("{}:{tag}", self.subject);
        let answer = self.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => Ok(false),
            // Which of these an immutable tag has is not documented.
            400 | 403 | 409 | 422 if self.rules().await.is_ok_and(|rules| rules.keep(tag)) => {
                Err(answer.refused(Some(Why::Protected)))
            }
            _ => Err(self.refused(&answer, self.identity.needs())),
        }
    }

    /// The rules by which tags do not change.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn rules(&self) -> Result<Rules, Error> {
        let Some(answer) = self.get(self.repository(&[])).await? else {
            return Ok(Rules::default());
        };
        let described: Described = answer.json()?;
        let settings = described.immutable_tags_settings;
        let settings = settings.filter(|settings| settings.enabled == Some(true));
        Ok(match settings {
            Some(settings) => Rules::of(&settings.rules.unwrap_or_default()),
            None => Rules::default(),
        })
    }

    /// That there is no such repository.
    pub(super) fn missing(&self) -> Error {
        let subject = self.subject.clone();
        Error::Oci(crate::oci::Error::NotFound { subject })
    }

    /// Makes the repository, for its members alone.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn create(&self) -> Result<Created, Error> {
        self.identity.require()?;
        let body = json!({
            "name": self.name,
            "namespace": self.namespace,
            "description": "",
            "full_description": "",
            "registry": "docker.io",
            "is_private": true,
        });
        let url = self
            .api
            .url(&["v2", "namespaces", &self.namespace, "repositories"]);
        let answer = self.send(&self.ask(Method::POST, url).json(&body)).await?;
        match answer.status {
            200 | 201 => Ok(Created::Made),
            // What a name that is taken is answered with is not documented.
            400 | 409 | 422 if self.get(self.repository(&[])).await?.is_some() => {
                Ok(Created::Existed)
            }
            _ => Err(self.refused(
                &answer,
                "an access token that may write, of a user who may create repositories there",
            )),
        }
    }

    /// Whether the repository is there, for somebody who is known.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn foresee_remove(&self) -> Result<bool, Error> {
        self.identity.require()?;
        Ok(self.get(self.repository(&[])).await?.is_some())
    }

    /// Removes the repository with everything in it; `false` when it was not there.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn remove(&self) -> Result<bool, Error> {
        self.identity.require()?;
        let answer = self
            .send(&self.ask(Method::DELETE, self.older(&[])))
            .await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(&answer, self.identity.needs())),
        }
    }
}
