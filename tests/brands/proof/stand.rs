//! Each brand's emulator with one repository, behind something that can interfere.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::brands::{library, run};
use crate::support::brands::acr::Acr;
use crate::support::brands::artifactory::Artifactory;
use crate::support::brands::dockerhub::Hub;
use crate::support::brands::ecr::Aws;
use crate::support::brands::gitea::Gitea;
use crate::support::brands::github::Github;
use crate::support::brands::gitlab::Gitlab;
use crate::support::brands::google::Google;
use crate::support::brands::harbor::Harbor;
use crate::support::brands::nexus::Nexus;
use crate::support::brands::quay::Quay;
use crate::support::brands::zot::Zot;
use crate::support::spec::Spec;
use crate::support::vendor::{Answer, Local, Network, Record, Request, Store, Vendor, shared};

/// An emulator whose store is at hand.
pub trait Stocked: Vendor {
    fn store(&mut self) -> &mut Store;
}

macro_rules! stocked {
    ($($emulator:ty),*) => {
        $(impl Stocked for $emulator {
            fn store(&mut self) -> &mut Store {
                &mut self.store
            }
        })*
    };
}

stocked!(
    Acr,
    Artifactory,
    Hub,
    Aws,
    Gitea,
    Github,
    Gitlab,
    Google,
    Harbor,
    Nexus,
    Quay,
    Zot
);

type Shared = Arc<Mutex<dyn Stocked>>;

/// What happens to a request before it is answered.
type Ask = dyn FnMut(&mut Request, &mut Store) + Send;

/// What happens to an answer.
type Say = dyn FnMut(&Request, &mut Answer) + Send;

/// What stands before an emulator.
struct Front {
    vendor: Shared,
    ask: Option<Box<Ask>>,
    say: Option<Box<Say>>,
}

impl Vendor for Front {
    fn answer(&mut self, request: &Request) -> Answer {
        let mut request = request.clone();
        let mut vendor = self.vendor.lock().unwrap();
        if let Some(ask) = &mut self.ask {
            ask(&mut request, vendor.store());
        }
        let mut answer = vendor.answer(&request);
        if let Some(say) = &mut self.say {
            say(&request, &mut answer);
        }
        answer
    }
}

enum Server {
    Local(Local),
    Network(Box<Network>),
}

/// A brand, and somebody who may do everything there.
pub struct Stand {
    pub brand: &'static str,
    /// The repository, as users write it.
    pub name: String,
    /// The same in the emulator's store.
    path: &'static str,
    /// The hosts, the registry first.
    pub hosts: Vec<String>,
    pub home: TempDir,
    pub(super) variables: Vec<(String, String)>,
    server: Server,
    front: Arc<Mutex<Front>>,
}

impl Deref for Stand {
    type Target = Record;

    fn deref(&self) -> &Record {
        match &self.server {
            Server::Local(local) => local,
            Server::Network(network) => network,
        }
    }
}

fn front(vendor: Shared) -> Arc<Mutex<Front>> {
    shared(Front {
        vendor,
        ask: None,
        say: None,
    })
}

impl Stand {
    /// At its own hosts, the registry first.
    pub(super) fn far(
        brand: &'static str,
        vendor: Shared,
        hosts: &[&str],
        path: &'static str,
        login: (&str, &str),
    ) -> Self {
        Self::on(Network::start(), brand, vendor, hosts, path, login)
    }

    pub(super) fn on(
        network: Network,
        brand: &'static str,
        vendor: Shared,
        hosts: &[&str],
        path: &'static str,
        login: (&str, &str),
    ) -> Self {
        let front = front(vendor);
        for host in hosts {
            network.host(host, &front);
        }
        network.spec(hosts[0], Spec::distribution());
        let home = tempfile::tempdir().unwrap();
        library::log_in(home.path(), hosts[0], login);
        let hosts = hosts.iter().map(ToString::to_string).collect();
        Self::new(
            brand,
            hosts,
            path,
            home,
            Server::Network(Box::new(network)),
            front,
        )
    }

    /// On a port of this machine.
    pub(super) fn near(
        brand: &'static str,
        vendor: Shared,
        path: &'static str,
        login: (&str, &str),
    ) -> Self {
        let front = front(vendor);
        let local = Local::start(&front);
        local.spec(Spec::distribution());
        let home = tempfile::tempdir().unwrap();
        library::log_in(home.path(), &local.host(), login);
        let hosts = vec![local.host()];
        Self::new(brand, hosts, path, home, Server::Local(local), front)
    }

    fn new(
        brand: &'static str,
        hosts: Vec<String>,
        path: &'static str,
        home: TempDir,
        server: Server,
        front: Arc<Mutex<Front>>,
    ) -> Self {
        let stand = Self {
            brand,
            name: format!("{}/{path}", hosts[0]),
            path,
            hosts,
            home,
            variables: match &server {
                Server::Local(_) => Vec::new(),
                Server::Network(network) => network.environment(),
            },
            server,
            front,
        };
        // A vendor's own API and its tokens are held against its own description elsewhere.
        stand.except(|request| {
            let own = ["/v2/auth", "/v2/token", "/v2/repositories/"];
            let is_own = own.iter().any(|start| request.path.starts_with(start));
            is_own || !request.path.starts_with("/v2/")
        });
        stand
    }

    /// Lets this happen to each request.
    pub fn ask(&self, ask: impl FnMut(&mut Request, &mut Store) + Send + 'static) {
        self.front.lock().unwrap().ask = Some(Box::new(ask));
    }

    /// Lets this happen to each answer.
    pub fn say(&self, say: impl FnMut(&Request, &mut Answer) + Send + 'static) {
        self.front.lock().unwrap().say = Some(Box::new(say));
    }

    /// Does something with the repository.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store, &str) -> T) -> T {
        let front = self.front.lock().unwrap();
        let mut vendor = front.vendor.lock().unwrap();
        work(vendor.store(), self.path)
    }

    /// The repository's name in the store.
    pub fn path(&self) -> &'static str {
        self.path
    }

    pub fn tags(&self) -> Vec<String> {
        self.with(|store, path| store.tags(path))
    }

    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.variables, words)
    }
}
