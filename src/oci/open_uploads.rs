//! Which uploads are open at registries, so that none is left behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;

use super::location::Place;
use super::remote::Remote;

/// How long giving up an upload may take: it is a courtesy, which registries' own clean-up makes
/// up for.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);

/// All uploads of a run that are open.
#[derive(Default)]
pub(super) struct OpenUploads {
    last: AtomicU64,
    open: Mutex<HashMap<u64, (Remote, Place)>>,
}

/// An upload that is open at the registry. One that is dropped is given up, in the background.
pub struct Upload {
    id: u64,
    uploads: Arc<OpenUploads>,
    place: Place,
    /// The smallest chunk that the registry takes but for the last one, in bytes
    /// (`OCI-Chunk-Min-Length`).
    pub(super) least_chunk: u64,
}

impl Upload {
    /// Takes note of an upload that the registry has just opened at `place`.
    pub(super) fn opened(remote: &Remote, place: Place, least_chunk: u64) -> Self {
        let uploads = Arc::clone(remote.uploads());
        let id = uploads.last.fetch_add(1, Ordering::Relaxed);
        uploads.lock().insert(id, (remote.clone(), place.clone()));
        Self {
            id,
            uploads,
            place,
            least_chunk,
        }
    }

    /// Where it goes on.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// It goes on elsewhere: each answer may say so.
    pub(super) fn moved(&mut self, place: Place) {
        if let Some((_, known)) = self.uploads.lock().get_mut(&self.id) {
            known.clone_from(&place);
        }
        self.place = place;
    }

    /// It is complete, or the registry has lost it.
    pub(super) fn ended(self) {
        self.uploads.lock().remove(&self.id);
    }

    /// Gives it up.
    pub(super) async fn cancel(self) {
        self.uploads.cancel(self.id).await;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let open = self.uploads.lock().contains_key(&self.id);
        let Some(runtime) = Handle::try_current().ok().filter(|_| open) else {
            return;
        };
        let (uploads, id) = (Arc::clone(&self.uploads), self.id);
        runtime.spawn(async move { uploads.cancel(id).await });
    }
}

impl OpenUploads {
    /// Gives up all that are open, at the same time.
    pub(super) async fn cancel_all(&self) {
        let ids: Vec<u64> = self.lock().keys().copied().collect();
        join_all(ids.into_iter().map(|id| self.cancel(id))).await;
    }

    /// It counts as open until the registry was told, so that a process that ends meanwhile
    /// tells it before it does.
    async fn cancel(&self, id: u64) {
        let Some((remote, place)) = self.lock().get(&id).cloned() else {
            return;
        };
        // The registry's own clean-up does it otherwise.
        let _ = tokio::time::timeout(CANCEL_LIMIT, remote.abandon(place)).await;
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Remote, Place)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
