//! A registry, and one user there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::open_uploads::OpenUploads;
use crate::auth::{Access, Found};
use crate::http::{Client, Host};

/// A registry.
pub(super) struct Home {
    /// As references name it.
    pub(super) registry: String,
    /// Its API's host.
    pub(super) host: Host,
    /// What speaks to it.
    pub(super) client: Client,
    /// How long retries of one piece of work may go on.
    pub(super) retry_timeout: Duration,
    /// The uploads of the run that are open.
    pub(super) uploads: Arc<OpenUploads>,
    /// Whether it turned out not to have the referrers API.
    pub(super) lacks_referrers: AtomicBool,
}

/// Who one is at a registry.
pub(super) struct Login {
    pub(super) home: Arc<Home>,
    pub(super) access: Access,
    found: Found,
    met: AtomicBool,
    meeting: Mutex<()>,
}

impl Login {
    /// Somebody whom the registry does not know yet.
    pub(super) fn new(home: Arc<Home>, found: Found) -> Self {
        let access = Access::new(home.client.clone(), home.host.clone(), found.clone());
        Self {
            home,
            access,
            met: AtomicBool::new(found.credential.is_none()),
            found,
            meeting: Mutex::new(()),
        }
    }

    /// Where the credential was found, or looked for.
    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    /// Whether this is who one is by what was found.
    pub(super) fn is_of(&self, found: &Found) -> bool {
        self.found.credential == found.credential && self.found.origin == found.origin
    }

    /// Waits while another request learns how the registry wants to be told who one is, so that
    /// of many first requests only one is answered with a challenge. Whoever is given a guard is
    /// that request. Without a credential nobody waits: most such registries ask for none.
    pub(super) async fn meet(&self) -> Option<MutexGuard<'_, ()>> {
        if self.met.load(Ordering::Acquire) {
            return None;
        }
        let guard = self.meeting.lock().await;
        (!self.met.load(Ordering::Acquire)).then_some(guard)
    }

    /// The registry has answered.
    pub(super) fn has_met(&self) {
        self.met.store(true, Ordering::Release);
    }
}
