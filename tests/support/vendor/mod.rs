//! Emulators of vendors: what all of them stand on.
//!
//! An emulator is a struct that answers requests out of a [`Store`], by the [`Rules`] of its brand,
//! to those whom its [`Tokens`] let in:
//!
//! ```ignore
//! struct Hub { store: Store, rules: Rules, users: Users, tokens: Tokens }
//!
//! impl Vendor for Hub {
//!     fn answer(&mut self, request: &Request) -> Answer {
//!         if request.host == "auth.docker.io" {
//!             return self.tokens.answer(request, &self.users);
//!         }
//!         if let Some(target) = Target::of(request) {
//!             if let Err(refused) = self.tokens.check(request, &target.repository, target.action) {
//!                 return refused;
//!             }
//!         }
//!         v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
//!     }
//! }
//!
//! let hub = shared(Hub { .. });
//! let digest = hub.lock().unwrap().store.push_image("library/app", Some("v1"), "words");
//! let network = Network::start();
//! network.host("registry-1.docker.io", &hub);
//! network.host("auth.docker.io", &hub);
//! network.spec("hub.docker.com", Spec::find("dockerhub/hub-api.trimmed.yaml"));
//! network.fault(1, "GET registry-1.docker.io/v2/", Fault::status(429, &[("Retry-After", "1")]));
//! let output = dockside(home).envs(network.environment()).args(["tags", "app"]).output();
//! assert_eq!(network.seen(), ["GET registry-1.docker.io/v2/library/app/tags/list 401", ..]);
//! ```
//!
//! A brand that is self-hosted runs without TLS and proxy: `Local::start(&vendor)`. Both keep a
//! [`Record`](record::Record) of the requests, in which faults are planned too, and fail the test at its end when a
//! request is not what a [`Spec`](super::spec::Spec) of its host describes.

mod fault;
mod network;
mod record;
mod request;
mod rules;
mod serve;
mod store;
mod tokens;
mod uploads;
mod v2;

use std::sync::{Arc, Mutex};

pub use super::answer::Answer;
pub use fault::Fault;
pub use network::{Local, Network};
pub use record::{Record, Seen};
pub use request::{Request, decoded};
pub use rules::{Cap, Delete, Empty, Immutable, Rules, Untag};
pub use store::{Manifest, Repository, Store};
pub use tokens::{Tokens, Users};
pub use v2::{Target, v2};

/// Who answers requests, one after the other.
pub trait Vendor: Send {
    /// The answer to a request.
    fn answer(&mut self, request: &Request) -> Answer;
}

impl<F: FnMut(&Request) -> Answer + Send> Vendor for F {
    fn answer(&mut self, request: &Request) -> Answer {
        self(request)
    }
}

/// A vendor that a test and its hosts share.
pub fn shared<V: Vendor>(vendor: V) -> Arc<Mutex<V>> {
    Arc::new(Mutex::new(vendor))
}
