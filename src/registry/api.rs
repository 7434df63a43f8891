//! A vendor's own API: JSON over HTTPS, beside the registry or at another host.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LINK};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::Error;
use super::refusal::{Refusal, Why};
use crate::http::{self, Authorization, Body, Budget, Call, Cause, Client, Said};
use crate::oci::link;

/// The longest answer that is read, in bytes: a page of 1,000 images with their platforms has
/// some two megabytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A vendor's API.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: Url,
    /// The vendor's name of the service, for people.
    service: String,
    authorization: Option<Authorization>,
    headers: HeaderMap,
    retry_timeout: Duration,
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// More headers than the API has by itself.
    pub headers: HeaderMap,
    /// What is sent, in JSON unless a header says otherwise.
    pub body: Option<Bytes>,
    /// What it is about, for people: a repository or a reference.
    pub subject: String,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: Method, url: Url, subject: impl Into<String>) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            subject: subject.into(),
        }
    }

    /// The same that sends this.
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into());
        self
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// An answer that will not change.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where it came from.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What it says, when it is a refusal; without the secrets of the request.
    pub said: Said,
    subject: String,
    service: String,
}

impl Answer {
    /// The value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as what it should be.
    ///
    /// # Errors
    /// It is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Answer {
            subject: self.subject.clone(),
            service: self.service.clone(),
            line: error.line(),
        })
    }

    /// The page that follows, by `Link` (RFC 8288).
    ///
    /// # Errors
    /// A link that cannot be understood: the list must not be taken for complete.
    pub fn next(&self) -> Result<Option<Url>, Error> {
        let links = self.headers.get_all(LINK).iter();
        let next = link::next(links.map(HeaderValue::as_bytes), &self.url);
        next.map_err(|_| Error::Answer {
            subject: self.subject.clone(),
            service: self.service.clone(),
            line: 0,
        })
    }

    /// The error that it is: by its status, unless the brand knows better.
    pub fn refused(&self, why: Option<Why>) -> Error {
        let why = why.unwrap_or_else(|| Why::by_status(self.status));
        Error::Refused(Refusal {
            subject: self.subject.clone(),
            service: self.service.clone(),
            status: self.status,
            why,
            said: self.said.message.clone(),
            advice: None,
        })
    }
}

impl Api {
    /// The API below `base`, a directory (its path ends with a slash). Certificates, proxies and
    /// insecure hosts are those of `client`'s registry.
    ///
    /// # Errors
    /// The address has no host.
    pub fn below(
        client: &Client,
        base: Url,
        service: impl Into<String>,
        retry_timeout: Duration,
    ) -> Result<Self, Error> {
        let service = service.into();
        let bad = || Error::Address {
            service: service.clone(),
            address: base.to_string(),
        };
        let authority = match (base.host_str(), base.port_or_known_default()) {
            (Some(host), Some(port)) => match base.port() {
                None if base.scheme() == "https" => host.to_owned(),
                _ => format!("{host}:{port}"),
            },
            _ => return Err(bad()),
        };
        let host = http::Host::parse(&authority).map_err(|_| bad())?;
        let client = if *client.host() == host {
            client.clone()
        } else {
            client.toward(host)
        };
        Ok(Self {
            client,
            base,
            service,
            authorization: None,
            headers: HeaderMap::new(),
            retry_timeout,
        })
    }

    /// The same as somebody. A secret goes only where it may be sent, which is checked with each
    /// request.
    pub fn authorized(mut self, authorization: Authorization) -> Self {
        self.authorization = Some(authorization);
        self
    }

    /// The same with a header that each request has.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Whether it is known who asks.
    pub fn is_authorized(&self) -> bool {
        self.authorization.is_some()
    }

    /// The address of what these segments name below the base; each is encoded as one.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Sends a request until there is an answer that will not change.
    ///
    /// # Errors
    /// None came, within the time for retries; a rate limit that lasts longer than that.
    pub async fn send(&self, ask: &Ask) -> Result<Answer, Error> {
        let mut call = Call::new(ask.method.clone(), ask.url.clone());
        call.headers = self.headers.clone();
        let json = HeaderValue::from_static("application/json");
        call.headers.entry(ACCEPT).or_insert_with(|| json.clone());
        if let Some(body) = &ask.body {
            call.headers.insert(CONTENT_TYPE, json);
            call.body = Body::Bytes(body.clone());
        }
        call.headers.extend(ask.headers.clone());
        call.authorization = self.authorization.clone();
        let carries_secret =
            call.authorization.is_some() || call.headers.values().any(HeaderValue::is_sensitive);
        if carries_secret && !self.client.permits(&ask.url) {
            return Err(Error::Address {
                service: self.service.clone(),
                address: ask.url.to_string(),
            });
        }
        let failed = |source: http::Error| match &*source.cause {
            Cause::Wait { status, asked, .. } => self.limited(ask, *status, Some(*asked)),
            cause @ Cause::Status {
                status,
                retry_after,
                ..
            } if cause.is_rate_limit() => self.limited(ask, *status, *retry_after),
            _ => Error::Http {
                subject: ask.subject.clone(),
                service: self.service.clone(),
                source,
            },
        };
        let budget = Budget::of_retries(self.retry_timeout);
        let reply = self.client.persist(&call, &budget).await.map_err(failed)?;
        let (url, status, headers) = (reply.url.clone(), reply.status, reply.headers.clone());
        let body = match reply.bytes(MAX_ANSWER).await {
            Ok(Some(body)) => body,
            Ok(None) => {
                return Err(Error::Answer {
                    subject: ask.subject.clone(),
                    service: self.service.clone(),
                    line: 0,
                });
            }
            Err(cause) => {
                return Err(Error::Http {
                    subject: ask.subject.clone(),
                    service: self.service.clone(),
                    source: http::Error {
                        request: format!("{} {}", ask.method, ask.url.path()),
                        attempts: 1,
                        spent: budget.spent(),
                        proxy: None,
                        cause: Box::new(cause),
                    },
                });
            }
        };
        let said = Said::to(self.authorization.as_ref(), &body);
        Ok(Answer {
            url,
            status,
            headers,
            body,
            said,
            subject: ask.subject.clone(),
            service: self.service.clone(),
        })
    }

    fn limited(&self, ask: &Ask, status: u16, wait: Option<Duration>) -> Error {
        Error::Refused(Refusal {
            subject: ask.subject.clone(),
            service: self.service.clone(),
            status,
            why: Why::Limited {
                until: wait.and_then(|wait| SystemTime::now().checked_add(wait)),
            },
            said: None,
            advice: None,
        })
    }
}
