//! Artifact Registry's REST API: requests, refusals, lists, and operations that take a while
//! (cloud.google.com/artifact-registry/docs/reference/rest).

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::fault;
use super::name::Name;
use super::token::Asker;
use crate::http::Host;
use crate::oci;
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::{Error, Place};

/// What the service is called, for people.
pub(super) const SERVICE: &str = "Google Artifact Registry";

/// The first pause before an operation is looked at again; each is twice as long as the one
/// before. Most are over within a second.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How often an operation is looked at: ten minutes. To delete an image with some ten thousand
/// versions takes some.
const LOOKS: u32 = 80;

/// The REST API, for one repository.
pub(super) struct Service {
    api: Api,
    asker: Asker,
    /// The repository, for people.
    subject: String,
}

/// How an operation ended.
pub(super) enum Ended {
    /// It is done.
    Done,
    /// What was to be made was there.
    Existed,
}

/// Something that is done in its own time (`google.longrunning.Operation`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Operation {
    name: String,
    done: bool,
    error: Option<fault::Status>,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    failed_versions: Vec<String>,
}

impl Service {
    /// The API of the region, as whoever is let in to the registry.
    ///
    /// # Errors
    /// An address that cannot be used.
    pub(super) fn new(name: &Name, place: &Place) -> Result<Self, Error> {
        let context = &place.settings.context;
        let own = || Host::parse(&name.api).map(|host| host.https("/"));
        let root = match place.api().cloned() {
            Some(root) => root,
            None => own().map_err(oci::Error::from)?,
        };
        let host = Host::of(&root).map_err(oci::Error::from)?;
        let client = context.http.client(host);
        let mut base = root;
        if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().extend(["v1", ""]);
        }
        let found = place.remote.found().clone();
        Ok(Self {
            api: Api::below(&client, base, SERVICE, context.retry_timeout)?,
            asker: Asker::new(place.registry(), found, context.clone()),
            subject: place.remote.repository().to_string(),
        })
    }

    /// Whether there is anything that a token may be had with. Nobody is asked.
    pub(super) fn is_open(&self) -> bool {
        self.asker.is_somebody()
    }

    /// A request for what these segments name.
    pub(super) fn ask(&self, method: Method, segments: &[&str], subject: impl Into<String>) -> Ask {
        Ask::new(method, self.api.url(segments), subject)
    }

    /// Sends a request. A token that is refused may have ended early: it is got anew once.
    ///
    /// # Errors
    /// No answer, or no token.
    pub(super) async fn send(&self, ask: &Ask) -> Result<Answer, Error> {
        let answer = self.send_once(ask).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.asker.forget();
        self.send_once(ask).await
    }

    async fn send_once(&self, ask: &Ask) -> Result<Answer, Error> {
        let authorization = self.asker.authorization().await?;
        self.api.clone().authorized(authorization).send(ask).await
    }

    /// The repository, for people.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// The address of what these segments name.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        self.api.url(segments)
    }

    /// What is at an address of the API.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub(super) async fn get(&self, url: Url, needs: &str) -> Result<Answer, Error> {
        let ask = Ask::new(Method::GET, url, self.subject.as_str());
        let answer = self.send(&ask).await?;
        match answer.status {
            200 => Ok(answer),
            _ => Err(fault::refused(&answer, needs)),
        }
    }

    /// Does something that takes a while, and waits for its end.
    ///
    /// # Errors
    /// It is refused, or ends badly; no answer.
    pub(super) async fn operate(&self, ask: &Ask, needs: &str) -> Result<Ended, Error> {
        let answer = self.send(ask).await?;
        match answer.status {
            200 => {}
            409 if fault::code(&answer) == Some(fault::ALREADY_EXISTS) => {
                return Ok(Ended::Existed);
            }
            _ => return Err(fault::refused(&answer, needs)),
        }
        let mut operation: Operation = answer.json()?;
        let mut pause = FIRST_PAUSE;
        for _ in 0..LOOKS {
            if operation.done {
                return operation.ended(&ask.subject, needs);
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            let name: Vec<&str> = operation.name.split('/').collect();
            let look = self.ask(Method::GET, &name, ask.subject.as_str());
            let answer = self.send(&look).await?;
            if answer.status != 200 {
                return Err(fault::refused(&answer, "artifactregistry.operations.get"));
            }
            operation = answer.json()?;
        }
        Err(fault::unfinished(&ask.subject, &operation.name))
    }
}

impl Operation {
    fn ended(self, subject: &str, needs: &str) -> Result<Ended, Error> {
        let failed = &self.metadata.failed_versions;
        match self.error {
            Some(status) if status.name() == fault::ALREADY_EXISTS => Ok(Ended::Existed),
            Some(status) => Err(status.refusal(subject, needs)),
            None if !failed.is_empty() => Err(fault::partly(subject, failed)),
            None => Ok(Ended::Done),
        }
    }
}
