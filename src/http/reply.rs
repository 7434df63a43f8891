//! An answer whose body is still to be read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::HeaderMap;
use url::Url;

use super::body::Flow;
use super::error::{Cause, classify};
use super::message::shown;
use super::said::MAX_REFUSAL;

/// How long the body of a refusal may take, which is only good for a better message.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// An answer of which the headers have come.
pub struct Reply {
    /// The address that was asked, before any redirect.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    response: Response,
    /// How long a piece may take.
    idle: Duration,
    /// The request's body, which may be on its way still.
    _sending: Sending,
}

/// The body of a request, which need not be sent once its answer is not wanted any more.
pub(super) struct Sending(pub(super) Arc<Flow>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Reply {
    /// `url` was asked, and is being sent `sending`.
    pub(super) fn new(url: Url, response: Response, idle: Duration, sending: Sending) -> Self {
        Self {
            url,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            response,
            idle,
            _sending: sending,
        }
    }

    /// The value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing came for too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Cause> {
        match tokio::time::timeout(self.idle, self.response.chunk()).await {
            Ok(outcome) => outcome.map_err(|error| classify(&error, "")),
            Err(_) => Err(Cause::Timeout(self.idle)),
        }
    }

    /// The body of a refusal, as far as it can be had: nothing when it is longer than
    /// [`MAX_REFUSAL`], breaks off, or takes more than a moment.
    pub async fn refusal(self) -> Bytes {
        let body = tokio::time::timeout(REFUSAL_TIME, self.bytes(MAX_REFUSAL)).await;
        let body = body.ok().and_then(Result::ok).flatten();
        body.unwrap_or_default()
    }

    /// The whole body, of which up to `limit` bytes are read; `None` when it is longer.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub async fn bytes(mut self, limit: usize) -> Result<Option<Bytes>, Cause> {
        let Some(mut piece) = self.chunk().await? else {
            return Ok(Some(Bytes::new()));
        };
        let mut body = Vec::new();
        loop {
            if piece.len() > limit.saturating_sub(body.len()) {
                return Ok(None);
            }
            match self.chunk().await? {
                // Most bodies are one piece, which need not be copied.
                None if body.is_empty() => return Ok(Some(piece)),
                None => {
                    body.extend_from_slice(&piece);
                    return Ok(Some(body.into()));
                }
                Some(next) => body.extend_from_slice(&std::mem::replace(&mut piece, next)),
            }
        }
    }
}

/// Headers and bodies may hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("url", &shown(&self.url))
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
