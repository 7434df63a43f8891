//! What a registry answers beside the distribution API: its root, and APIs of its own that take
//! the same tokens.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::{BadContent, Error};
use super::exchange::Answer;
use super::remote::Remote;
use super::rights::Rights;
use crate::auth::Scope;
use crate::http::{Body, Said};

/// The longest answer that is read, in bytes: listings that come in one piece (Google's with
/// 10,000 images) have a few megabytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A request of an API that a registry has of its own.
#[derive(Debug, Clone)]
pub struct Extension {
    /// What to do.
    pub method: Method,
    /// Where, at the registry: [`Remote::url`], or what an answer of the registry named.
    pub url: Url,
    /// The actions at the repository that a token is asked for, such as `pull`.
    pub actions: &'static [&'static str],
    /// What is sent, in JSON.
    pub body: Option<Bytes>,
}

impl Extension {
    /// A request that only reads.
    pub fn get(url: Url, actions: &'static [&'static str]) -> Self {
        Self {
            method: Method::GET,
            url,
            actions,
            body: None,
        }
    }
}

/// The answer, of any status but 401 and 403.
#[derive(Debug, Clone)]
pub struct Extended {
    /// Where it came from.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What it says, when it is a refusal.
    pub said: Said,
    /// Whether an earlier attempt, whose answer was lost, may have done what was asked for.
    pub repeated: bool,
    subject: String,
}

impl Extended {
    /// The value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as what it should be.
    ///
    /// # Errors
    /// It is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let line = error.line();
            let reason = format!("the answer is not what the API describes (line {line})");
            Error::Content {
                subject: self.subject.clone(),
                source: BadContent::Answer(reason),
            }
        })
    }

    /// The error that it is.
    pub fn refused(&self) -> Error {
        super::refusal::refused(self.subject.clone(), self.status, self.said.clone())
    }
}

/// What a registry answers to those whom it does not know.
#[derive(Debug, Clone)]
pub struct Ping {
    /// The status code; 401 where a login is asked for.
    pub status: u16,
    /// All headers, of which the challenges are the most telling.
    pub headers: HeaderMap,
}

impl Remote {
    /// The address of a path of the registry; segments are encoded by the caller.
    pub fn url(&self, path: &str) -> Url {
        self.home().client.url(path)
    }

    /// Asks for the API's root without a login. From the answer the next request learns how to
    /// log in, so that to a registry that wants a login this costs no request more.
    ///
    /// # Errors
    /// No answer.
    pub async fn ping(&self) -> Result<Ping, Error> {
        let login = self.login();
        let mut ask = self.ask_at(
            Method::GET,
            self.url("/v2/"),
            Rights::default(),
            self.repository().registry().to_owned(),
        );
        ask.scopes.clear();
        let reply = self.persist(&ask, None, self.retries().budget()).await?;
        login.access.learn(&reply.headers);
        login.has_met();
        Ok(Ping {
            status: reply.status,
            headers: reply.headers.clone(),
        })
    }

    /// A request of an API of the registry's own, with a token for `actions` at this repository.
    ///
    /// # Errors
    /// As all requests: no answer, no token, 401 or 403.
    pub async fn extension(&self, extension: &Extension) -> Result<Extended, Error> {
        let mut ask = self.ask_at(
            extension.method.clone(),
            extension.url.clone(),
            Rights::default(),
            self.repository().to_string(),
        );
        ask.scopes = vec![Scope {
            path: self.repository().path().to_owned(),
            actions: extension.actions,
        }];
        ask = ask.header(ACCEPT, "application/json");
        if let Some(body) = &extension.body {
            ask = ask.header(CONTENT_TYPE, "application/json");
            ask.body = Body::Bytes(body.clone());
        }
        if extension.method == Method::GET {
            let answer = self.fetch(&ask, MAX_ANSWER, &mut self.retries()).await?;
            return self.extended(answer, false);
        }
        let mut retries = self.retries();
        let (answer, repeated) = self.fetch_once(&ask, MAX_ANSWER, &mut retries).await?;
        self.extended(answer, repeated)
    }

    fn extended(&self, answer: Answer, repeated: bool) -> Result<Extended, Error> {
        let subject = self.repository().to_string();
        let said = answer.said();
        let Some(body) = answer.body else {
            let reason = format!("the answer is longer than {MAX_ANSWER} bytes");
            return Err(Error::Content {
                subject,
                source: BadContent::Answer(reason),
            });
        };
        Ok(Extended {
            url: answer.url,
            status: answer.status,
            headers: answer.headers,
            body,
            said,
            repeated,
            subject,
        })
    }
}
