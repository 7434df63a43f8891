//! One attempt of one request.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Method, Response};
use rustls::RootCertStore;
use url::Url;

use super::client::Http;
use super::error::{Cause, Setup, classify};
use super::host::{Host, is_loopback};
use super::message::{Answer, MAX_BODY, Request, shown};
use super::tls;
use super::trust::HostCertificates;

/// How registries see this program.
const USER_AGENT: &str = concat!("dockside/", env!("CARGO_PKG_VERSION"));

/// How many redirects are followed: as many as Go's client, and so docker, follows.
const MAX_REDIRECTS: usize = 10;

/// What carries requests to one registry and to what belongs to it.
pub(super) struct Transport {
    pub(super) http: Http,
    /// The host to speak to.
    pub(super) host: Host,
    /// The registry that named the host, if it did; its `certs.d` counts too.
    referrer: Option<Host>,
    /// Whether certificates are not verified.
    pub(super) insecure: bool,
    plain: Mutex<Option<reqwest::Client>>,
    secure: Mutex<Option<reqwest::Client>>,
}

impl Transport {
    /// A transport that has no connection yet.
    pub(super) fn new(http: Http, host: Host, referrer: Option<Host>, insecure: bool) -> Self {
        Self {
            http,
            host,
            referrer,
            insecure,
            plain: Mutex::default(),
            secure: Mutex::default(),
        }
    }

    fn hosts(&self) -> impl Iterator<Item = &Host> {
        std::iter::once(&self.host).chain(&self.referrer)
    }

    /// Whether a request to `url` may be made in whatever scheme it has: HTTPS always, plain
    /// HTTP when both the registry and the machine of `url` are loopback or insecure.
    pub(super) fn permits(&self, url: &Url) -> bool {
        let registry = self.insecure || self.hosts().any(Host::is_loopback);
        let insecure = || {
            self.http
                .insecure
                .iter()
                .any(|host| host.is_machine_of(url))
        };
        match url.scheme() {
            "https" => true,
            "http" => registry && (is_loopback(url) || insecure()),
            _ => false,
        }
    }

    /// One attempt.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        limit: Duration,
    ) -> Result<Answer, Cause> {
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
                return self.read(response, request, &url).await;
            };
            let safe = !request.is_secret() || target.origin() == url.origin();
            if request.method != Method::GET || !safe || !self.permits(&target) {
                return Err(Cause::Redirect(shown(&target)));
            }
            url = target;
        }
        Err(Cause::Redirect(shown(&url)))
    }

    /// Reads an answer, its body up to [`MAX_BODY`].
    async fn read(
        &self,
        mut response: Response,
        request: &Request,
        url: &Url,
    ) -> Result<Answer, Cause> {
        let mut answer = Answer {
            url: request.url.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: Vec::new(),
            whole: true,
        };
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.cause(&error, url))?
        {
            let room = MAX_BODY - answer.body.len();
            answer.body.extend(chunk.iter().take(room));
            if chunk.len() > room {
                answer.whole = false;
                break;
            }
        }
        Ok(answer)
    }

    async fn exchange(&self, request: &Request, url: &Url) -> Result<Response, Cause> {
        let client = self.carrier(url)?;
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
        classify(error, &self.name_of(url))
    }

    /// The host of `url` as the user wrote it, which is how docker's `certs.d` names it.
    fn name_of(&self, url: &Url) -> String {
        let mut hosts = self.hosts();
        let written = hosts.find(|host| host.https("/").origin() == url.origin());
        let host = written.cloned().map_or_else(|| Host::of(url), Ok);
        host.map(|host| host.to_string()).unwrap_or_default()
    }

    /// What carries a request to `url`. TLS stores are read for HTTPS only.
    fn carrier(&self, url: &Url) -> Result<reqwest::Client, Setup> {
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
            let certificates = self.hosts().map(|host| self.http.trust.of_host(host));
            let certificates: Vec<HostCertificates> = certificates.collect::<Result<_, _>>()?;
            let roots = self.http.roots()?;
            if roots.is_empty() && certificates.iter().all(|host| host.issuers.is_empty()) {
                return Err(Setup::NoCertificates);
            }
            tls::verified(roots, certificates)?
        };
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(config)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.http.limits.connect)
            .user_agent(USER_AGENT);
        if let Some(proxy) = self.http.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        let client = builder
            .build()
            .map_err(|error| Setup::Tls(error.to_string()))?;
        Ok(slot.insert(client).clone())
    }
}

/// Where a redirect leads; `None` when the answer is none.
fn target(response: &Response, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}
