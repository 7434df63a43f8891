//! The clients of a run, one for each registry.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::client::Client;
use super::error::Setup;
use super::host::{Host, is_local};
use super::message::shown;
use super::proxy::Proxies;
use super::settings::{Limits, Settings};
use super::trust::Trust;
use crate::env::Env;

/// What all requests of a run share. A clone is the same.
#[derive(Clone, Default)]
pub struct Http {
    settings: Settings,
    clients: Arc<Mutex<Vec<Client>>>,
    /// Those of hosts that are spoken to in plain HTTP.
    plain: Arc<Mutex<Vec<Client>>>,
}

impl Http {
    /// What the environment asks for. Nothing is read yet.
    pub fn from_env(env: &Env) -> Self {
        Self::default().with(|settings| {
            settings.trust = Trust::from_env(env);
            settings.proxies = Proxies::from_env(env);
        })
    }

    /// Another idea of whom to trust.
    pub fn trusting(self, trust: Trust) -> Self {
        self.with(|settings| settings.set_trust(trust))
    }

    /// Hosts whose certificates are not verified and that may be spoken to in plain HTTP.
    pub fn insecure(self, hosts: Vec<Host>) -> Self {
        self.with(|settings| settings.insecure = hosts)
    }

    /// Other time limits.
    pub fn limited(self, limits: Limits) -> Self {
        self.with(|settings| settings.limits = limits)
    }

    /// How many requests may be under way at one host; 24 unless set, at least one.
    pub fn jobs(self, jobs: usize) -> Self {
        self.with(|settings| settings.jobs = jobs.max(1))
    }

    /// The client for a registry: for one name always the same, with its connections.
    pub fn client(&self, host: Host) -> Client {
        let make = |host| Client::new(self.settings.clone(), host, None);
        known_or(&self.clients, host, make)
    }

    /// The client for an address that is no registry's, and that the user or the platform has
    /// given: a cloud's metadata service, an endpoint of one's own. It is spoken to in plain HTTP
    /// where the address says so, but only within this machine's own networks, and at insecure
    /// hosts.
    ///
    /// # Errors
    /// An address elsewhere without TLS: what it would be sent, anybody could read.
    pub fn endpoint(&self, url: &Url) -> Result<Client, Setup> {
        let host = Host::of(url)?;
        if url.scheme() == "http" && !host.is_loopback() && is_local(url) {
            let make = |host| Client::plain(self.settings.clone(), host);
            return Ok(known_or(&self.plain, host, make));
        }
        let client = self.client(host);
        match client.permits(url) {
            true => Ok(client),
            false => Err(Setup::Plain(shown(url))),
        }
    }

    /// Clients that were made before go by what was said before.
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.clients = Arc::default();
        self.plain = Arc::default();
        self
    }
}

fn known_or(clients: &Mutex<Vec<Client>>, host: Host, make: impl FnOnce(Host) -> Client) -> Client {
    let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
    let known = clients.iter().find(|client| *client.host() == host);
    if let Some(known) = known {
        return known.clone();
    }
    let client = make(host);
    clients.push(client.clone());
    client
}
