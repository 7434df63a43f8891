//! The servers that plans are done on: one of each kind for all tests that run at the same time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

/// A server that is tested.
pub enum Server {
    Distribution(Registry),
    Zot(Zot),
}

impl Server {
    pub fn host(&self) -> &str {
        match self {
            Self::Distribution(registry) => registry.host(),
            Self::Zot(zot) => zot.host(),
        }
    }

    /// The name of its brand.
    pub fn brand(&self) -> &'static str {
        match self {
            Self::Distribution(_) => "default",
            Self::Zot(_) => "zot",
        }
    }
}

/// They end with the last test that has them.
static SHARED: Mutex<Weak<Vec<Server>>> = Mutex::new(Weak::new());

/// All of them that are installed: distribution 2.8 and 3, and zot.
pub fn servers() -> Arc<Vec<Server>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(servers) = shared.upgrade() {
        return servers;
    }
    let mut found = Vec::new();
    if installed(PROGRAM) {
        found.push(Server::Distribution(Registry::open()));
    }
    if go_program(PROGRAM_3).is_some() {
        let registry = Options::default().version3().start();
        found.push(Server::Distribution(registry));
    }
    if go_program(zot::PROGRAM).is_some() {
        found.push(Server::Zot(Zot::start()));
    }
    let servers = Arc::new(found);
    *shared = Arc::downgrade(&servers);
    servers
}
