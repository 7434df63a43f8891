//! A request about a repository, and its answer.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::byte_range::number;
use super::error::Error;
use super::refusal::refused;
use crate::auth::Scope;
use crate::http::clock::wish;
use crate::http::retry::is_transient;
use crate::http::{self, Authorization, Body, Call, Cause, Lane, Reply, Request, Said};

/// A request that is still to be sent.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) lane: Lane,
    /// What it needs; nothing for an address that is not the registry's.
    pub(super) scopes: Vec<Scope>,
    /// What it is about, for people.
    pub(super) subject: String,
}

impl Ask {
    /// The same with a header.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same on other connections.
    pub(super) fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// As errors name it.
    pub(super) fn name(&self) -> String {
        let mut request = Request::get(self.url.clone());
        request.method = self.method.clone();
        request.to_string()
    }

    /// The error of no answer.
    pub(super) fn failed(&self, source: http::Error) -> Error {
        Error::Http {
            subject: self.subject.clone(),
            source,
        }
    }

    /// The same as whoever is authorised so.
    pub(super) fn call(&self, authorization: Option<Authorization>) -> Call {
        Call {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            authorization,
            body: self.body.clone(),
            lane: self.lane,
        }
    }
}

/// An answer, and who asked.
pub(super) struct Sent {
    pub(super) reply: Reply,
    pub(super) by: Option<Authorization>,
}

impl Sent {
    /// All of the body, unless it is longer than `limit` bytes.
    pub(super) async fn read(self, limit: usize) -> Result<Answer, Cause> {
        Ok(Answer {
            url: self.reply.url.clone(),
            status: self.reply.status,
            headers: self.reply.headers.clone(),
            body: self.reply.bytes(limit).await?,
            by: self.by,
        })
    }

    /// The same, unless the answer may be another one next time.
    pub(super) async fn lasting(self) -> Result<Self, Cause> {
        if !is_transient(self.reply.status, &self.reply.headers) {
            return Ok(self);
        }
        let answer = self.refusal().await;
        Err(Cause::Status {
            status: answer.status,
            retry_after: wish(&answer.headers),
            said: answer.said().message,
        })
    }

    /// A refusal, with what can be read of it.
    pub(super) async fn refusal(self) -> Answer {
        Answer {
            url: self.reply.url.clone(),
            status: self.reply.status,
            headers: self.reply.headers.clone(),
            body: Some(self.reply.refusal().await),
            by: self.by,
        }
    }
}

/// An answer with all of its body.
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The body; nothing when it is longer than was to be read.
    pub(super) body: Option<Bytes>,
    pub(super) by: Option<Authorization>,
}

impl Answer {
    /// The value of a header, when it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `Content-Length`, when that is a number.
    pub(super) fn length(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH.as_str()).and_then(number)
    }

    /// What it says, when it is a refusal.
    pub(super) fn said(&self) -> Said {
        Said::to(self.by.as_ref(), self.body.as_deref().unwrap_or_default())
    }

    /// The error that it is.
    pub(super) fn refused(&self, subject: &str) -> Error {
        refused(subject.to_owned(), self.status, self.said())
    }
}
