//! The connections to one registry and to what belongs to it.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Version;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::call::Lane;
use super::error::{Cause, Setup, classify};
use super::host::{Host, is_loopback};
use super::settings::Settings;
use super::tls;
use super::trust::HostCertificates;

/// How registries see this program.
const USER_AGENT: &str = concat!("dockside/", env!("CARGO_PKG_VERSION"));

/// How many idle connections to a host are kept: more than requests are under way by default.
const IDLE_CONNECTIONS: usize = 32;

/// For how long they are kept: less than the 60 s after which load balancers of the large
/// clouds close them.
const IDLE_TIME: Duration = Duration::from_secs(50);

/// How often a silent connection is probed, and how long the answer may take.
const PROBE: Duration = Duration::from_secs(20);

/// What an HTTP/2 server may send ahead of its reader, in bytes, in one stream and in all of a
/// connection. Each window that is used up costs a round trip, so the usual 64 KiB would make
/// every one count; what a slow disk or target leaves unread stays in memory, so more would not
/// keep the peak below 24 MiB.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 12 * 1024 * 1024;

/// What carries requests to one registry and to what belongs to it.
pub(super) struct Transport {
    pub(super) settings: Settings,
    /// The host to speak to.
    pub(super) host: Host,
    /// The registry that named the host, if it did; its `certs.d` counts too.
    referrer: Option<Host>,
    /// Whether certificates are not verified.
    pub(super) insecure: bool,
    carriers: Mutex<Carriers>,
}

#[derive(Default)]
struct Carriers {
    plain: Option<reqwest::Client>,
    control: Option<reqwest::Client>,
    bulk: Option<reqwest::Client>,
    /// Shared by `control` and `bulk`, which so resume each other's sessions.
    tls: Option<ClientConfig>,
    /// Origins that were offered HTTP/2 and chose HTTP/1.1.
    old: HashSet<String>,
}

impl Transport {
    /// A transport that has no connection yet.
    pub(super) fn new(
        settings: Settings,
        host: Host,
        referrer: Option<Host>,
        insecure: bool,
    ) -> Self {
        Self {
            settings,
            host,
            referrer,
            insecure,
            carriers: Mutex::default(),
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
            self.settings
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

    /// How a request to `url` failed.
    pub(super) fn cause(&self, error: &reqwest::Error, url: &Url) -> Cause {
        if error.is_timeout() {
            return Cause::Timeout(self.settings.limits.connect);
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
    ///
    /// Where there is only HTTP/1.1, both lanes use the same connections.
    pub(super) fn carrier(&self, url: &Url, lane: Lane) -> Result<reqwest::Client, Setup> {
        let carriers = &mut *self.carriers();
        let secure = url.scheme() == "https";
        let bulk = lane == Lane::Bulk && !carriers.old.contains(&origin(url));
        let slot = match (secure, bulk) {
            (false, _) => &mut carriers.plain,
            (true, false) => &mut carriers.control,
            (true, true) => &mut carriers.bulk,
        };
        if let Some(client) = slot {
            return Ok(client.clone());
        }
        let mut config = if !secure {
            tls::verified(RootCertStore::empty(), Vec::new())?
        } else if let Some(config) = &carriers.tls {
            config.clone()
        } else {
            carriers.tls.insert(self.tls()?).clone()
        };
        if bulk {
            tls::forgo_http2(&mut config);
        }
        Ok(slot.insert(self.build(config)?).clone())
    }

    /// Takes note of the version in which a request of `lane` was answered.
    pub(super) fn answered(&self, url: &Url, lane: Lane, version: Version) {
        if lane == Lane::Control && url.scheme() == "https" && version != Version::HTTP_2 {
            self.carriers().old.insert(origin(url));
        }
    }

    fn carriers(&self) -> MutexGuard<'_, Carriers> {
        self.carriers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tls(&self) -> Result<ClientConfig, Setup> {
        if self.insecure {
            return tls::unverified();
        }
        let certificates = self.hosts().map(|host| self.settings.trust.of_host(host));
        let certificates: Vec<HostCertificates> = certificates.collect::<Result<_, _>>()?;
        let roots = self.settings.roots()?;
        if roots.is_empty() && certificates.iter().all(|host| host.issuers.is_empty()) {
            return Err(Setup::NoCertificates);
        }
        tls::verified(roots, certificates)
    }

    fn build(&self, config: ClientConfig) -> Result<reqwest::Client, Setup> {
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(config)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.settings.limits.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .tcp_nodelay(true)
            .tcp_keepalive(PROBE)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(PROBE)
            .http2_keep_alive_timeout(PROBE)
            .user_agent(USER_AGENT);
        if let Some(proxy) = self.settings.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        builder
            .build()
            .map_err(|error| Setup::Tls(error.to_string()))
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
