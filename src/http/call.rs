//! A request that carries or brings content, and its answer.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::error::Cause;
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

/// Which connections carry a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What the server prefers; over TLS one HTTP/2 connection for all of these.
    Control,
    /// HTTP/1.1, a connection for each request under way: over TLS bulk bodies are faster so.
    Bulk,
}

/// Pieces of a body that is sent. An error ends the request with [`Cause::Body`].
pub type Pieces = BoxStream<'static, Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>;

/// What is sent.
#[derive(Clone)]
pub enum Body {
    /// Nothing; with `Content-Length: 0` where the method is one that has a body.
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// `length` bytes of a stream, with `Content-Length`; taken once.
    Stream {
        /// How many bytes.
        length: u64,
        /// The bytes.
        pieces: Arc<std::sync::Mutex<Option<Pieces>>>,
    },
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

/// An answer of which the headers have come.
pub struct Reply {
    /// The address that was asked, before any redirect.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
}

impl Reply {
    /// The value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing came for too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Cause> {
        todo!()
    }

    /// The whole body, of which up to `limit` bytes are read; `None` when it is longer.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub async fn bytes(self, _limit: usize) -> Result<Option<Bytes>, Cause> {
        todo!()
    }
}

impl super::Client {
    /// One attempt of one request, when the host's limiter lets it through. The time limit of
    /// [`super::Limits`] holds until the headers are there, then for each pause between pieces,
    /// in both directions; a body may take as long as it flows.
    ///
    /// Redirects of GET and HEAD are followed, elsewhere without `Authorization`.
    ///
    /// # Errors
    /// No answer. Any status is an answer, also 429 and 5xx, which the limiter takes note of.
    pub async fn call(&self, _call: Call) -> Result<Reply, Cause> {
        todo!()
    }

    /// [`Self::call`], again and again while there is no answer, or one that may change (408,
    /// 429, 500, 502, 503, 504), and the budget lasts. For requests that may be repeated and
    /// whose body is not a stream.
    ///
    /// # Errors
    /// No answer that will not change.
    pub async fn persist(
        &self,
        _call: &Call,
        _budget: &super::Budget,
    ) -> Result<Reply, super::Error> {
        todo!()
    }
}
