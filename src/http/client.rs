//! The client: where a registry is asked, and how often.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::RETRY_AFTER;
use rustls::RootCertStore;
use url::Url;

use super::error::{Cause, Error, Setup};
use super::host::Host;
use super::message::{Answer, Request};
use super::proxy::Proxies;
use super::retry::{Budget, is_transient, retry_after};
use super::transport::Transport;
use super::trust::Trust;
use crate::env::Env;

/// The time limits of a single attempt.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until the whole answer is there.
    pub request: Duration,
    /// Until there is a connection.
    pub connect: Duration,
    /// The first pause before a retry.
    pub pause: Duration,
}

impl Default for Limits {
    /// Docker gives each request of a login 15 s. A connection that takes more than 10 s has
    /// lost its first packets for good.
    fn default() -> Self {
        Self {
            request: Duration::from_secs(15),
            connect: Duration::from_secs(10),
            pause: Duration::from_millis(500),
        }
    }
}

/// What all requests of a process share. A clone is the same client.
#[derive(Clone, Default)]
pub struct Http {
    pub(super) trust: Trust,
    pub(super) proxies: Proxies,
    pub(super) insecure: Vec<Host>,
    pub(super) limits: Limits,
    roots: Arc<Mutex<Option<RootCertStore>>>,
}

impl Http {
    /// The client that the environment asks for. Nothing is read yet.
    pub fn from_env(env: &Env) -> Self {
        Self {
            trust: Trust::from_env(env),
            proxies: Proxies::from_env(env),
            ..Self::default()
        }
    }

    /// Another idea of whom to trust.
    pub fn trusting(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Hosts whose certificates are not verified and that may be spoken to in plain HTTP.
    pub fn insecure(mut self, hosts: Vec<Host>) -> Self {
        self.insecure = hosts;
        self
    }

    /// Other time limits.
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A client for a registry.
    pub fn client(&self, host: Host) -> Client {
        let insecure = self.insecure.contains(&host);
        Client(Arc::new(Transport::new(self.clone(), host, None, insecure)))
    }

    /// The certificates that are believed everywhere, read once.
    pub(super) fn roots(&self) -> Result<RootCertStore, Setup> {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roots) = &*roots {
            return Ok(roots.clone());
        }
        Ok(roots.insert(self.trust.roots()?).clone())
    }
}

/// A client for one registry and what belongs to it. A clone shares its connections.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl Client {
    /// A client for a host that the registry refers to. What docker's `certs.d` says about the
    /// registry counts for that host too, and so does the registry being insecure: this is how
    /// docker speaks to a registry's token service.
    pub fn toward(&self, host: Host) -> Client {
        let insecure = self.0.insecure || self.0.http.insecure.contains(&host);
        let referrer = Some(self.0.host.clone());
        let transport = Transport::new(self.0.http.clone(), host, referrer, insecure);
        Client(Arc::new(transport))
    }

    /// The address of `path` at the registry, and the one to try when no registry answers there.
    ///
    /// Plain HTTP is for loopback hosts, which have TLS only exceptionally, and for insecure
    /// ones, of which nothing is known. All others have one address.
    pub fn addresses(&self, path: &str) -> (Url, Option<Url>) {
        let host = &self.0.host;
        let (https, http) = (host.https(path), host.http(path));
        if self.0.insecure {
            return (https, Some(http));
        }
        if !host.is_loopback() || self.0.http.trust.knows(host) {
            return (https, None);
        }
        if host.as_str().ends_with(":443") {
            return (https, Some(http));
        }
        (http, Some(https))
    }

    /// Whether credentials may go to `url` at all: over HTTPS always, in plain HTTP when both the
    /// registry and the machine of `url` are loopback or insecure.
    pub fn permits(&self, url: &Url) -> bool {
        self.0.permits(url)
    }

    /// Sends a request until there is an answer that will not change, or the budget is used up.
    ///
    /// # Errors
    /// No such answer.
    pub async fn send(&self, request: &Request, budget: &Budget) -> Result<Answer, Error> {
        self.send_either(request, None, |_| true, budget).await
    }

    /// Sends a request and, if its answer is not `good`, the other one; again while the better
    /// of the two answers may change and the budget lasts.
    ///
    /// # Errors
    /// No answer, or none that will not change.
    pub async fn send_either(
        &self,
        request: &Request,
        other: Option<&Request>,
        good: impl Fn(&Answer) -> bool,
        budget: &Budget,
    ) -> Result<Answer, Error> {
        let limits = self.0.http.limits;
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let limit = budget.limit(limits.request);
            let (asked, outcome) = self.round(request, other, &good, limit).await;
            let cause = match outcome {
                Ok(answer) if !is_transient(answer.status) => return Ok(answer),
                Ok(answer) => Cause::Status {
                    status: answer.status,
                    retry_after: asked_wait(&answer),
                },
                Err(cause) => cause,
            };
            let Some(pause) = budget.pause(attempts, &cause, limits.pause) else {
                return Err(Error {
                    request: asked.to_string(),
                    attempts,
                    spent: started.elapsed(),
                    proxy: self.0.http.proxies.variable(&asked.url),
                    cause: Box::new(final_cause(cause, budget)),
                });
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// One attempt; when it is not good, one of the other request. The outcome that says most.
    async fn round<'r>(
        &self,
        request: &'r Request,
        other: Option<&'r Request>,
        good: &impl Fn(&Answer) -> bool,
        limit: Duration,
    ) -> (&'r Request, Result<Answer, Cause>) {
        let outcome = self.0.attempt(request, limit).await;
        let Some(other) = other.filter(|_| !outcome.as_ref().is_ok_and(good)) else {
            return (request, outcome);
        };
        let second = self.0.attempt(other, limit).await;
        if second.as_ref().is_ok_and(good) || telling(&second) > telling(&outcome) {
            (other, second)
        } else {
            (request, outcome)
        }
    }
}

/// How much an outcome says about a host: an answer, or a certificate that is not believed,
/// says that this was the right way to speak to it.
fn telling(outcome: &Result<Answer, Cause>) -> u8 {
    match outcome {
        Err(Cause::Certificate { .. } | Cause::Setup(_)) => 2,
        Ok(_) => 1,
        Err(_) => 0,
    }
}

/// The server's wish for a pause, in the words of an error when it is what ended the retries.
fn final_cause(cause: Cause, budget: &Budget) -> Cause {
    let left = budget.left();
    match cause {
        Cause::Status {
            status,
            retry_after: Some(asked),
        } if asked > left => Cause::Wait {
            status,
            asked,
            left,
        },
        other => other,
    }
}

fn asked_wait(answer: &Answer) -> Option<Duration> {
    retry_after(
        answer.header(RETRY_AFTER.as_str())?,
        std::time::SystemTime::now(),
    )
}
