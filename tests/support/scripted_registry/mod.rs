//! A whole OCI registry in memory (distribution specification 1.1, HTTP/1.1 in plain or over TLS)
//! that records every request and fails where it is told to.
//!
//! ```ignore
//! let registry = ScriptedRegistry::start(Behaviour { mounts: Mounts::Ignored, ..Behaviour::default() });
//! let layer = registry.put_blob("app", b"layer");           // content that is there before
//! registry.fault(When::nth(Kind::PutUpload, 2), Fault::DropAfter);
//! // ... the client works with registry.host() ...
//! assert_eq!(registry.seen(), ["POST /v2/app/blobs/uploads/ 202", ...]);
//! assert_eq!(registry.blob("app", &layer), Some(b"layer".to_vec()));
//! assert_eq!(registry.tags("app"), ["v1"]);
//! ```
//!
//! - [`Behaviour`]: what kind of registry it is: authentication, mounts, referrers API, pagination,
//!   redirects, limits, immutable tags. [`ScriptedRegistry::behave`] changes it while it runs.
//! - [`Fault`]: what goes wrong with the k-th request of all, or of a [`Kind`], counted from when
//!   the fault is set ([`When`]). Several may be set; one request has one fault at most, that which
//!   was set first.
//! - [`ScriptedRegistry::requests`]: every request with kind, headers, length of its body, status.
//!   One is recorded when its head has come, so the order is that of arrival; its status is there
//!   before the answer is sent.
//! - The content can be put, read and compared without requests.
//!
//! A request that a client sends twice is answered twice; nothing depends on the time. A manifest
//! is refused while something it refers to is missing.

mod auth;
mod behaviour;
pub mod blobs;
mod connection;
mod fault;
pub mod manifests;
mod request;
mod state;
mod tags;
mod uploads;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use rustls::ServerConfig;

pub use auth::Auth;
pub use behaviour::{Behaviour, Deletes, Location, Mounts, Pages};
pub use fault::{Fault, When};
pub use request::{Kind, Seen, route};

use state::State;

/// The registry. It ends when it is dropped.
pub struct ScriptedRegistry {
    shared: Arc<Shared>,
    accepting: Vec<JoinHandle<()>>,
}

/// What all connections know.
struct Shared {
    state: Mutex<State>,
    tls: Option<Arc<ServerConfig>>,
    /// Where the registry is.
    main: SocketAddr,
    /// Where its blobs are, if it redirects.
    storage: SocketAddr,
    ended: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

impl ScriptedRegistry {
    /// Starts one in plain HTTP.
    pub fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, None)
    }

    /// Starts one over TLS.
    pub fn start_tls(behaviour: Behaviour, tls: Arc<ServerConfig>) -> Self {
        Self::start_with(behaviour, Some(tls))
    }

    fn start_with(behaviour: Behaviour, tls: Option<Arc<ServerConfig>>) -> Self {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [main, storage] = [0, 1].map(|at: usize| listeners[at].local_addr().unwrap());
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(behaviour)),
            tls,
            main,
            storage,
            ended: AtomicBool::new(false),
        });
        let accepting = listeners.map(|listener| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        });
        Self {
            shared,
            accepting: accepting.into(),
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.shared.main.to_string()
    }

    /// Changes what kind of registry it is.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.state().behaviour);
    }

    /// Lets something go wrong.
    pub fn fault(&self, when: When, fault: Fault) {
        self.shared.state().faults.push((when, fault));
    }

    /// Forgets the faults that have not happened.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// The requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// The requests so far, such as `GET /v2/app/tags/list?n=5 200`; the status of one that had no
    /// answer is `-`.
    pub fn seen(&self) -> Vec<String> {
        self.requests().iter().map(Seen::to_string).collect()
    }

    /// How many requests of this kind there were.
    pub fn count(&self, kind: Kind) -> usize {
        let requests = self.requests();
        requests.iter().filter(|seen| seen.kind == kind).count()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.state().seen.clear();
    }

    /// Puts a blob, and gives its digest.
    pub fn put_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = state::digest_of("sha256", bytes);
        let mut state = self.shared.state();
        let blobs = &mut state.repository(repository).blobs;
        blobs.insert(digest.clone(), bytes.to_vec());
        digest
    }

    /// Puts a manifest under its digest and, unless it is empty, under a tag; gives its digest.
    pub fn put_manifest(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> String {
        let digest = state::digest_of("sha256", bytes);
        let mut state = self.shared.state();
        let repository = state.repository(repository);
        let manifest = (media_type.to_owned(), bytes.to_vec());
        repository.manifests.insert(digest.clone(), manifest);
        if !tag.is_empty() {
            repository.tags.insert(tag.to_owned(), digest.clone());
        }
        digest
    }

    /// A blob.
    pub fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        let mut state = self.shared.state();
        state.repository(repository).blobs.get(digest).cloned()
    }

    /// Media type and bytes of a manifest, by its tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<(String, Vec<u8>)> {
        let mut state = self.shared.state();
        let (_, media_type, bytes) = state.repository(repository).find(reference)?;
        Some((media_type, bytes))
    }

    /// The tags.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let mut state = self.shared.state();
        state.repository(repository).tags.keys().cloned().collect()
    }

    /// How many uploads are open.
    pub fn open_uploads(&self) -> usize {
        self.shared.state().uploads.len()
    }
}

impl Drop for ScriptedRegistry {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        for address in [self.shared.main, self.shared.storage] {
            let _ = TcpStream::connect(address);
        }
        for thread in self.accepting.drain(..) {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || connection::serve(stream, &shared));
    }
}
