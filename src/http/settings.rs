//! What all requests of a run go by.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::RootCertStore;

use super::error::Setup;
use super::host::Host;
use super::proxy::Proxies;
use super::trust::Trust;

/// How many requests are under way at a host: what an upload of an image of ordinary size can
/// use, and what registries take from one client.
const JOBS: usize = 24;

/// The time limits of a single attempt.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until the headers of the answer are there; of a short exchange the whole answer.
    pub request: Duration,
    /// Until there is a connection.
    pub connect: Duration,
    /// The first pause before a retry.
    pub pause: Duration,
    /// Between two pieces of a body, in either direction.
    pub idle: Duration,
    /// From the last piece of an upload to the answer.
    pub upload: Duration,
}

impl Default for Limits {
    /// Docker gives each request of a login 15 s. A connection that takes more than 10 s has
    /// lost its first packets for good. Registries that keep blobs in an object store copy a
    /// blob, or read it again for its digest, before they answer the request that completes it:
    /// for tens of gigabytes that takes minutes.
    fn default() -> Self {
        Self {
            request: Duration::from_secs(15),
            connect: Duration::from_secs(10),
            pause: Duration::from_millis(500),
            idle: Duration::from_secs(30),
            upload: Duration::from_secs(300),
        }
    }
}

/// What all requests of a run go by. A clone shares the certificates that were read.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) trust: Trust,
    pub(super) proxies: Proxies,
    pub(super) insecure: Vec<Host>,
    pub(super) limits: Limits,
    /// How many requests may be under way at a host; at least one.
    pub(super) jobs: usize,
    roots: Arc<Mutex<Option<RootCertStore>>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            proxies: Proxies::default(),
            insecure: Vec::new(),
            limits: Limits::default(),
            jobs: JOBS,
            roots: Arc::default(),
        }
    }
}

impl Settings {
    /// Whom to trust, from now on.
    pub(super) fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
        self.roots = Arc::default();
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
