//! Which uploads are open at registries, so that none is left behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;

use super::location::Place;
use super::remote::Remote;

/// How long giving up an upload may take: it is a courtesy, which registries' own clean-up makes
/// up for.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);

/// How often it is looked whether all are given up.
const POLL: Duration = Duration::from_millis(5);

/// All uploads of a run that are open.
#[derive(Default)]
pub(super) struct OpenUploads {
    last: AtomicU64,
    open: Mutex<HashMap<u64, (Remote, Place)>>,
    /// How many of them registries are being told of right now.
    closing: AtomicUsize,
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
    /// Gives up all that are open, at the same time, and waits for those that are being given up.
    pub(super) async fn cancel_all(&self) {
        let ids: Vec<u64> = self.lock().keys().copied().collect();
        join_all(ids.into_iter().map(|id| self.cancel(id))).await;
        while self.closing.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(POLL).await;
        }
    }

    /// Tells the registry once: two that tell it at the same time make distribution fail.
    async fn cancel(&self, id: u64) {
        let Some(upload) = self.lock().remove(&id) else {
            return;
        };
        let (remote, place) = upload.clone();
        let mut closing = Closing::new(self, id, upload);
        // The registry's own clean-up does it otherwise.
        let _ = tokio::time::timeout(CANCEL_LIMIT, remote.abandon(place)).await;
        closing.upload = None;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Remote, Place)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload that is being given up. When that is broken off, it is open as before.
struct Closing<'a> {
    uploads: &'a OpenUploads,
    id: u64,
    upload: Option<(Remote, Place)>,
}

impl<'a> Closing<'a> {
    fn new(uploads: &'a OpenUploads, id: u64, upload: (Remote, Place)) -> Self {
        uploads.closing.fetch_add(1, Ordering::Relaxed);
        Self {
            uploads,
            id,
            upload: Some(upload),
        }
    }
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            self.uploads.lock().insert(self.id, upload);
        }
        self.uploads.closing.fetch_sub(1, Ordering::Relaxed);
    }
}
