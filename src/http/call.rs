//! A request that carries or brings content.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::body::Body;
use super::message::Basic;
use crate::secret::Secret;

/// What a request says about who asks; sent to the URL's own origin only.
#[derive(Debug, Clone)]
pub enum Authorization {
    /// User name and password (RFC 7617).
    Basic(Basic),
    /// A token (RFC 6750).
    Bearer(Secret),
}

/// Secrets that are shorter, in bytes, are words of any text.
const SHORTEST_HIDDEN: usize = 4;

impl Authorization {
    /// The text with `***` for the secret, be it as it is or as the scheme Basic writes it.
    pub fn hidden_in(&self, text: &str) -> String {
        let (secret, basic) = match self {
            Self::Bearer(token) => (token.expose(), None),
            Self::Basic(basic) => {
                let secret = basic.password.expose();
                let pair = format!("{}:{secret}", basic.username);
                (secret, Some(BASE64_STANDARD.encode(pair)))
            }
        };
        if secret.len() < SHORTEST_HIDDEN {
            return text.to_owned();
        }
        let text = text.replace(secret, "***");
        match basic {
            Some(basic) => text.replace(&basic, "***"),
            None => text,
        }
    }
}

/// Which connections carry a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What the server prefers; over TLS one HTTP/2 connection for all of these.
    Control,
    /// HTTP/1.1, a connection for each request under way: over TLS bulk bodies are faster so.
    /// For what reads blobs and for all that sends or completes them.
    Bulk,
}

/// A request.
#[derive(Clone)]
pub struct Call {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// More headers.
    pub headers: HeaderMap,
    /// As whom.
    pub authorization: Option<Authorization>,
    /// What is sent.
    pub body: Body,
    /// Which connections carry it.
    pub lane: Lane,
}

impl Call {
    /// A request without headers, credentials and body, in the lane for small things.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            authorization: None,
            body: Body::Empty,
            lane: Lane::Control,
        }
    }

    /// Whether it only reads.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}
