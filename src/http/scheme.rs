//! Whether a host is spoken to over TLS or in plain HTTP.
//!
//! Nothing is asked for the sake of that question: the first real request goes to the likelier
//! address and, when there is no answer of HTTP, to the other one. Requests that come in the
//! meantime wait for its outcome.

use std::sync::OnceLock;

use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
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
    gate: tokio::sync::Mutex<()>,
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
            gate: tokio::sync::Mutex::default(),
        }
    }

    /// The root of the address that is right as far as is known.
    pub(super) fn base(&self) -> &Url {
        self.settled.get().unwrap_or(&self.first)
    }

    /// Makes a request with `ask`, to `url` where that is another host's, and to the right
    /// address of this one otherwise, whichever of the two `url` has. `probe` says that it may be
    /// made twice to find out.
    pub(super) async fn ask<'a>(
        &self,
        url: &Url,
        probe: bool,
        ask: impl Fn(Url) -> BoxFuture<'a, Result<Reply, Cause>>,
    ) -> Result<Reply, Cause> {
        let Some(other) = &self.other else {
            return ask(url.clone()).await;
        };
        let addresses = [&self.first, other];
        if addresses.iter().all(|root| root.origin() != url.origin()) {
            return ask(url.clone()).await;
        }
        if self.settled.get().is_none() && probe {
            let _alone = self.gate.lock().await;
            if self.settled.get().is_none() {
                return self.find_out(url, other, ask).await;
            }
        }
        ask(at(self.base(), url)).await
    }

    async fn find_out<'a>(
        &self,
        url: &Url,
        other: &Url,
        ask: impl Fn(Url) -> BoxFuture<'a, Result<Reply, Cause>>,
    ) -> Result<Reply, Cause> {
        let outcome = ask(at(&self.first, url)).await;
        match Sign::of(&outcome) {
            Sign::Right => {
                self.settled.get_or_init(|| self.first.clone());
                return outcome;
            }
            Sign::Nothing => return outcome,
            Sign::Wrong => {}
        }
        let second = ask(at(other, url)).await;
        if Sign::of(&second) == Sign::Right {
            self.settled.get_or_init(|| other.clone());
            return second;
        }
        if outcome.is_ok() {
            self.settled.get_or_init(|| self.first.clone());
        }
        outcome
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
