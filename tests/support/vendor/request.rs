//! Requests as emulators see them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::wire::{self, Head};

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `https`, or `http`.
    pub scheme: String,
    /// The host that the client means, with its port unless it is the scheme's own.
    pub host: String,
    pub method: String,
    /// The path as it was sent: nothing is decoded.
    pub path: String,
    /// The query's names and values, decoded.
    pub query: Vec<(String, String)>,
    /// Path and query as they were sent.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Understands what came.
    pub fn new(scheme: &str, host: &str, head: Head, body: Vec<u8>) -> Self {
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            method: head.method,
            path: path.to_owned(),
            query: pairs(query.as_bytes()),
            target: head.target.clone(),
            headers: head.headers,
            body,
        }
    }

    /// `https://HOST`, for addresses in answers.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Method and path, to match on.
    pub fn line(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        wire::header(&self.headers, name)
    }

    /// The value of a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a parameter of the query.
    pub fn parameters<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let found = self.query.iter().filter(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// The fields of a form in the body, decoded.
    pub fn forms(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The value of a field of a form in the body.
    pub fn form(&self, name: &str) -> Option<String> {
        let mut fields = self.forms().into_iter();
        fields
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// User name and password of Basic credentials.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The token of `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<String> {
        let token = self.header("authorization")?.strip_prefix("Bearer ")?;
        Some(token.to_owned())
    }

    /// The path split at its slashes, as it was sent: `/a/b%2Fc/` is `["a", "b%2Fc", ""]`.
    pub fn segments(&self) -> Vec<&str> {
        self.path.trim_start_matches('/').split('/').collect()
    }
}

/// A part of a path, percent-decoded once.
pub fn decoded(segment: &str) -> String {
    // In a form `+` is a space, in a path it is itself.
    let text = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs.next().unwrap().1.into_owned()
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}
