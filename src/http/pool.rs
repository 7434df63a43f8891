//! The clients of a run, one for each registry.

use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use super::host::Host;
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

    /// The client for a host that is no registry, and that is spoken to in plain HTTP because the
    /// user or the platform has given its address so: a cloud's metadata service, an endpoint of
    /// one's own. Its addresses are to be made by the caller.
    pub fn plain(&self, host: Host) -> Client {
        let make = |host| Client::plain(self.settings.clone(), host);
        known_or(&self.plain, host, make)
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
