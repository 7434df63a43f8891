//! Whether a host is spoken to over TLS or in plain HTTP.
//!
//! Nothing is asked for the sake of that question: the first real request goes to the likelier
//! address and, when there is no answer of HTTP, to the other one. Requests that come in the
//! meantime wait for its outcome.

use std::sync::OnceLock;

use reqwest::header::CONTENT_TYPE;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use super::error::Cause;
use super::reply::Reply;

/// The addresses of a host, and which of them is right.
pub(super) struct Scheme {
    /// The root of the likelier address.
    first: Url,
    /// That of the other one, if there is one.
    other: Option<Url>,
    settled: OnceLock<Url>,
    gate: Mutex<()>,
}

impl Scheme {
    /// A host with these addresses; with only one nothing has to be found out.
    pub(super) fn new((first, other): (Url, Option<Url>)) -> Self {
        let settled = OnceLock::new();
        if other.is_none() {
            settled.get_or_init(|| first.clone());
        }
        Self {
            first,
            other,
            settled,
            gate: Mutex::default(),
        }
    }

    /// The root of the address that is right as far as is known.
    pub(super) fn base(&self) -> &Url {
        self.settled.get().unwrap_or(&self.first)
    }

    /// Where to make a request to `url`: there, when that is another host's, and at the right
    /// address of this one otherwise, whichever of the two `url` has. While that is not known,
    /// one request after the other is let through; those that must not be made twice (no
    /// `probe`) need not wait.
    pub(super) async fn way(&self, url: &Url, probe: bool) -> Way<'_> {
        let known = |url| Way {
            scheme: self,
            url,
            other: None,
        };
        let Some(other) = &self.other else {
            return known(url.clone());
        };
        let addresses = [&self.first, other];
        if addresses.iter().all(|root| root.origin() != url.origin()) {
            return known(url.clone());
        }
        if self.settled.get().is_none() && probe {
            let alone = self.gate.lock().await;
            if self.settled.get().is_none() {
                return Way {
                    scheme: self,
                    url: at(&self.first, url),
                    other: Some((other, alone)),
                };
            }
        }
        known(at(self.base(), url))
    }
}

/// Where to make one request.
pub(super) struct Way<'a> {
    scheme: &'a Scheme,
    /// The address to ask first.
    pub(super) url: Url,
    /// The root of the other one, while nothing is settled, which others wait for.
    other: Option<(&'a Url, MutexGuard<'a, ()>)>,
}

impl Way<'_> {
    /// Where to try again after this outcome, which settles the question if it can.
    pub(super) fn other(&self, outcome: &Result<Reply, Cause>) -> Option<Url> {
        let (other, _) = self.other.as_ref()?;
        match Sign::of(outcome) {
            Sign::Right => self.settle(&self.scheme.first),
            Sign::Nothing => {}
            Sign::Wrong => return Some(at(other, &self.url)),
        }
        None
    }

    /// The outcome that counts, of the first address and the other one.
    pub(super) fn choose(
        self,
        first: Result<Reply, Cause>,
        second: Result<Reply, Cause>,
    ) -> Result<Reply, Cause> {
        if Sign::of(&second) == Sign::Right {
            if let Some((other, _)) = &self.other {
                self.settle(other);
            }
            return second;
        }
        if first.is_ok() {
            self.settle(&self.scheme.first);
        }
        first
    }

    fn settle(&self, root: &Url) {
        self.scheme.settled.get_or_init(|| root.clone());
    }
}

/// What an outcome says about the address that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Right,
    /// It may be the wrong one.
    Wrong,
    /// The other one would not do better.
    Nothing,
}

impl Sign {
    fn of(outcome: &Result<Reply, Cause>) -> Self {
        match outcome {
            Ok(reply) if is_mismatch(reply) => Self::Wrong,
            Ok(_) | Err(Cause::Certificate { .. } | Cause::Redirect(_)) => Self::Right,
            Err(
                Cause::Connect(_)
                | Cause::Timeout(_)
                | Cause::Broken(_)
                | Cause::Tls(_)
                | Cause::Protocol(_),
            ) => Self::Wrong,
            Err(_) => Self::Nothing,
        }
    }
}

/// Servers for TLS answer 400 to a request in plain HTTP: Go's without a type of content, nginx
/// and Apache with a web page. A registry that says 400 says so in JSON.
fn is_mismatch(reply: &Reply) -> bool {
    let json = reply
        .header(CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.contains("json"));
    reply.status == 400 && reply.url.scheme() == "http" && !json
}

/// `url` at another root.
fn at(root: &Url, url: &Url) -> Url {
    let mut address = root.clone();
    address.set_path(url.path());
    address.set_query(url.query());
    address
}
