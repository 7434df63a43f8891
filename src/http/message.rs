//! A request and its answer, as far as a registry's API needs them.

use std::fmt;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;
use url::form_urlencoded::Serializer;

use super::body::Body;
use super::call::{Authorization, Call};
use super::error::Cause;
use super::reply::Reply;
use crate::secret::Secret;

/// The longest body that is read, in bytes. Token answers are a few kilobytes; 1 MiB is what
/// containers/image allows them too.
pub const MAX_BODY: usize = 1024 * 1024;

/// The fields of forms that are secrets: those of OAuth2 (RFC 6749, 7523, 8693).
const SECRET_FIELDS: &[&str] = &[
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "password",
    "refresh_token",
    "subject_token",
];

/// The credentials of the scheme Basic (RFC 7617).
#[derive(Debug, Clone)]
pub struct Basic {
    /// The user name; it has no colon.
    pub username: String,
    /// The password or token.
    pub password: Secret,
}

/// A request of a short exchange, such as a login.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// As whom; sent to the URL's own origin only.
    pub credentials: Option<Basic>,
    /// The fields of a form to send.
    pub form: Vec<(&'static str, Secret)>,
}

impl Request {
    /// A request for a resource.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            credentials: None,
            form: Vec::new(),
        }
    }

    /// A form to be processed.
    pub fn post(url: Url, form: Vec<(&'static str, Secret)>) -> Self {
        Self {
            method: Method::POST,
            url,
            credentials: None,
            form,
        }
    }

    /// The same with credentials.
    pub fn with(mut self, credentials: Basic) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Whether the request carries anything secret.
    pub fn is_secret(&self) -> bool {
        self.credentials.is_some() || !self.form.is_empty()
    }

    /// The text with `***` for everything secret that the request carries.
    pub fn hidden_in(&self, text: &str) -> String {
        let basic = self.credentials.clone().map(Authorization::Basic);
        let fields = self.form.iter();
        let secrets = fields.filter(|(name, _)| SECRET_FIELDS.contains(name));
        let secrets = secrets.map(|(_, token)| Authorization::Bearer(token.clone()));
        basic
            .into_iter()
            .chain(secrets)
            .fold(text.to_owned(), |text, secret| secret.hidden_in(&text))
    }

    /// What is sent for it.
    pub(super) fn call(&self) -> Call {
        let mut call = Call::new(self.method.clone(), self.url.clone());
        call.authorization = self.credentials.clone().map(Authorization::Basic);
        if !self.form.is_empty() {
            let fields = self.form.iter().map(|(name, value)| (name, value.expose()));
            let form = Serializer::new(String::new()).extend_pairs(fields).finish();
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            call.headers.insert(CONTENT_TYPE, kind);
            call.body = Body::Bytes(form.into());
        }
        call
    }
}

/// As errors name it: without the query, which may hold what is nobody's business.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&named(&self.method, &self.url))
    }
}

/// A request as errors name it.
pub(super) fn named(method: &Method, url: &Url) -> String {
    format!("{method} {}", shown(url))
}

/// A URL without its query and user information.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails on a URL that has a host, and one without a host has no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// The answer of a short exchange.
#[derive(Clone)]
pub struct Answer {
    /// The address that was asked, before any redirect.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; empty when it is longer than [`MAX_BODY`].
    pub body: Vec<u8>,
    /// Whether the body is no longer than that.
    pub whole: bool,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// It does not come to its end.
    pub(super) async fn read(mut reply: Reply) -> Result<Self, Cause> {
        let (url, status) = (reply.url.clone(), reply.status);
        let headers = std::mem::take(&mut reply.headers);
        let body = reply.bytes(MAX_BODY).await?;
        Ok(Self {
            url,
            status,
            headers,
            whole: body.is_some(),
            body: body.map(Vec::from).unwrap_or_default(),
        })
    }

    /// The values of a header that may be sent more than once.
    pub fn all(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers
            .get_all(name)
            .into_iter()
            .map(|value| value.as_bytes())
    }

    /// The value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Bodies and headers of a token endpoint are secrets.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("url", &shown(&self.url))
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}
