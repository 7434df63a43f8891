//! One attempt of one request, and the loop that makes several of them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Method, Response};
use rustls::RootCertStore;
use url::Url;

use super::error::{Cause, Error, Setup, classify};
use super::host::{Host, is_loopback};
use super::message::{Answer, MAX_BODY, Request, shown};
use super::proxy::Proxies;
use super::retry::{Budget, is_transient, retry_after};
use super::tls;
use super::trust::Trust;
use crate::env::Env;

/// How registries see this program.
const USER_AGENT: &str = concat!("dockside/", env!("CARGO_PKG_VERSION"));

/// How many redirects are followed: as many as Go's client, and so docker, follows.
const MAX_REDIRECTS: usize = 10;

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

/// What all requests of a process share.
#[derive(Default)]
pub struct Http {
    trust: Trust,
    proxies: Proxies,
    insecure: Vec<Host>,
    limits: Limits,
    roots: Mutex<Option<RootCertStore>>,
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
    pub fn client(&self, host: Host) -> Client<'_> {
        let insecure = self.insecure.contains(&host);
        Client {
            http: self,
            hosts: vec![host],
            insecure,
            plain: Mutex::default(),
            secure: Mutex::default(),
        }
    }

    /// The certificates that are believed everywhere, read once.
    fn roots(&self) -> Result<RootCertStore, Setup> {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roots) = &*roots {
            return Ok(roots.clone());
        }
        Ok(roots.insert(self.trust.roots()?).clone())
    }
}

/// A client for one registry and what belongs to it.
pub struct Client<'a> {
    http: &'a Http,
    /// The registry, and hosts it refers to, whose `certs.d` counts.
    hosts: Vec<Host>,
    insecure: bool,
    plain: Mutex<Option<reqwest::Client>>,
    secure: Mutex<Option<reqwest::Client>>,
}

impl<'a> Client<'a> {
    /// A client for a host that the registry refers to. What docker's `certs.d` says about the
    /// registry counts for that host too, and so does the registry being insecure: this is how
    /// docker speaks to a registry's token service.
    pub fn toward(&self, host: Host) -> Client<'a> {
        let mut client = self.http.client(host);
        client.hosts.extend(self.hosts.iter().cloned());
        client.insecure |= self.insecure;
        client
    }

    /// The addresses of `path` at the registry, in the order in which they are to be tried.
    ///
    /// Plain HTTP is for loopback hosts, which have TLS only exceptionally, and for insecure
    /// ones, of which nothing is known. All others have one address.
    pub fn addresses(&self, path: &str) -> Vec<Url> {
        let Some(host) = self.hosts.first() else {
            return Vec::new();
        };
        let (https, http) = (host.https(path), host.http(path));
        if self.insecure {
            return vec![https, http];
        }
        if !host.is_loopback() || self.http.trust.knows(host) {
            return vec![https];
        }
        if host.as_str().ends_with(":443") {
            return vec![https, http];
        }
        vec![http, https]
    }

    /// Whether a request to `url` may be made in whatever scheme it has: HTTPS always, plain
    /// HTTP when both the registry and the machine of `url` are loopback or insecure.
    pub fn permits(&self, url: &Url) -> bool {
        let registry = self.insecure || self.hosts.iter().any(Host::is_loopback);
        let insecure = || self.http.insecure.iter().any(|host| host.is_machine_of(url));
        match url.scheme() {
            "https" => true,
            "http" => registry && (is_loopback(url) || insecure()),
            _ => false,
        }
    }

    /// Sends a request until there is an answer that will not change, or the budget is used up.
    ///
    /// # Errors
    /// No such answer.
    pub async fn send(&self, request: &Request, budget: &Budget) -> Result<Answer, Error> {
        self.send_first(std::slice::from_ref(request), |_| true, budget)
            .await
    }

    /// Sends several requests, one after the other, until one has a `good` answer, and again
    /// while the best of the answers may change and the budget lasts.
    ///
    /// # Errors
    /// No answer, or none that will not change.
    pub async fn send_first(
        &self,
        requests: &[Request],
        good: impl Fn(&Answer) -> bool,
        budget: &Budget,
    ) -> Result<Answer, Error> {
        let limits = self.http.limits;
        let mut attempts = 0;
        let mut limit = limits.request;
        loop {
            attempts += 1;
            let (request, outcome) = self.round(requests, &good, limit).await;
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
                    request: request.map(ToString::to_string).unwrap_or_default(),
                    attempts,
                    spent: budget.spent(),
                    proxy: request.and_then(|request| self.http.proxies.variable(&request.url)),
                    cause: Box::new(final_cause(cause, budget)),
                });
            };
            tokio::time::sleep(pause).await;
            limit = limits.request.min(budget.left());
        }
    }

    /// One attempt of each request until one is good; else the outcome that says most.
    async fn round<'r>(
        &self,
        requests: &'r [Request],
        good: &impl Fn(&Answer) -> bool,
        limit: Duration,
    ) -> (Option<&'r Request>, Result<Answer, Cause>) {
        let mut best: Option<(&Request, Result<Answer, Cause>)> = None;
        for request in requests {
            let outcome = self.attempt(request, limit).await;
            if outcome.as_ref().is_ok_and(good) {
                return (Some(request), outcome);
            }
            if best.as_ref().is_none_or(|(_, best)| telling(&outcome) > telling(best)) {
                best = Some((request, outcome));
            }
        }
        match best {
            Some((request, outcome)) => (Some(request), outcome),
            None => (None, Err(Cause::Protocol("nothing was asked".to_owned()))),
        }
    }

    /// One attempt.
    async fn attempt(&self, request: &Request, limit: Duration) -> Result<Answer, Cause> {
        match tokio::time::timeout(limit, self.follow(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Cause::Timeout(limit)),
        }
    }

    /// Sends a request and follows redirects: with secrets, only within the same origin.
    async fn follow(&self, request: &Request) -> Result<Answer, Cause> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.exchange(request, &url).await?;
            let Some(target) = target(&response, &url) else {
                return read(response, request, &url).await;
            };
            let safe = !request.is_secret() || target.origin() == url.origin();
            if request.method != Method::GET || !safe || !self.permits(&target) {
                return Err(Cause::Redirect(shown(&target)));
            }
            url = target;
        }
        Err(Cause::Redirect(shown(&url)))
    }

    async fn exchange(&self, request: &Request, url: &Url) -> Result<Response, Cause> {
        let client = self.transport(url)?;
        let mut builder = client.request(request.method.clone(), url.clone());
        if let Some(basic) = &request.credentials {
            builder = builder.basic_auth(&basic.username, Some(basic.password.expose()));
        }
        if !request.form.is_empty() {
            let fields = request.form.iter();
            builder = builder.form(&fields.map(|(k, v)| (k, v.expose())).collect::<Vec<_>>());
        }
        let sent = builder.send().await;
        sent.map_err(|error| self.cause(&error, url))
    }

    fn cause(&self, error: &reqwest::Error, url: &Url) -> Cause {
        if error.is_timeout() {
            return Cause::Timeout(self.http.limits.connect);
        }
        let host = Host::of(url).map(|host| host.to_string());
        classify(error, &host.unwrap_or_default())
    }

    /// What carries a request to `url`. TLS stores are read for HTTPS only.
    fn transport(&self, url: &Url) -> Result<reqwest::Client, Setup> {
        let secure = url.scheme() == "https";
        let slot = if secure { &self.secure } else { &self.plain };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let config = if !secure {
            tls::verified(RootCertStore::empty(), Vec::new())?
        } else if self.insecure {
            tls::unverified()?
        } else {
            let certificates = self.hosts.iter().map(|host| self.http.trust.of_host(host));
            tls::verified(self.http.roots()?, certificates.collect::<Result<_, _>>()?)?
        };
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(config)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.http.limits.connect)
            .user_agent(USER_AGENT);
        for proxy in self.http.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| Setup::Tls(error.to_string()))?;
        Ok(slot.insert(client).clone())
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

/// The server's wish for a pause, in the words of an error when it is too long.
fn final_cause(cause: Cause, budget: &Budget) -> Cause {
    match cause {
        Cause::Status {
            status,
            retry_after: Some(asked),
        } => Cause::Wait {
            status,
            asked,
            left: budget.left(),
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

/// Where a redirect leads; `None` when the answer is none.
fn target(response: &Response, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// Reads an answer, its body up to [`MAX_BODY`].
async fn read(mut response: Response, request: &Request, url: &Url) -> Result<Answer, Cause> {
    let mut answer = Answer {
        url: request.url.clone(),
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: Vec::new(),
        whole: true,
    };
    let host = || url.host_str().unwrap_or_default();
    while let Some(chunk) = response.chunk().await.map_err(|e| classify(&e, host()))? {
        let room = MAX_BODY - answer.body.len();
        answer.body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            answer.whole = false;
            break;
        }
    }
    Ok(answer)
}
