//! What all images of a run share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{MutexGuard, OnceCell, Semaphore, SemaphorePermit};

use super::Wishes;
use super::blocking::blocking;
use super::creation::Creation;
use super::known::Known;
use super::sink::{Files, Kind, Repo, Sink};
use super::slots::Slots;
use super::source::LocalFile;
use super::tree::MAX_DEPTH;
use crate::oci::{Descriptor, MAX_MANIFEST, Registries, Repository};
use crate::registry::Brands;
use crate::transfer::error::Error;
use crate::transfer::local;
use crate::transfer::place::Place;
use crate::transfer::progress::Progress;

/// How many bytes of manifests that indexes list may be in memory at a time, in units of this
/// size: as much as one of the longest.
const WEIGHT: usize = 64 * 1024;

/// From which size on a blob is large, in bytes.
const LARGE: u64 = 4 * 1024 * 1024;

/// A table of what is made when it is first needed.
type Table<K, V> = Mutex<HashMap<K, V>>;

/// What all images of a run share.
pub(super) struct Run {
    /// The registries.
    pub(super) registries: Registries,
    /// What the user wants.
    pub(super) wishes: Wishes,
    /// Who watches.
    pub(super) progress: Arc<dyn Progress>,
    /// The work on them.
    pub(super) slots: Arc<Slots>,
    /// The places for blobs under way.
    places: Semaphore,
    weights: Semaphore,
    nested: [tokio::sync::Mutex<()>; MAX_DEPTH],
    readers: Table<PathBuf, Arc<OnceCell<Arc<LocalFile>>>>,
    files: Table<PathBuf, Arc<Files>>,
    known: Table<String, Arc<Known>>,
    /// Who makes repositories.
    pub(super) creation: Option<Creation>,
}

impl Run {
    /// Nothing is opened or asked yet.
    pub(super) fn new(registries: Registries, wishes: Wishes, progress: Arc<dyn Progress>) -> Self {
        Self {
            places: Semaphore::new(wishes.jobs.max(1)),
            registries,
            wishes,
            progress,
            slots: Arc::default(),
            weights: Semaphore::new(MAX_MANIFEST / WEIGHT),
            nested: Default::default(),
            readers: Table::default(),
            files: Table::default(),
            known: Table::default(),
            creation: None,
        }
    }

    /// The same that makes repositories as their brands want it.
    pub(super) fn creating(mut self, brands: Brands) -> Self {
        self.creation = Some(Creation::new(brands));
        self
    }

    /// How many pieces of work of one kind are under way at most.
    pub(super) fn jobs(&self) -> usize {
        self.wishes.jobs.max(1)
    }

    /// The right to move a blob. A large one takes two places: it fills the line longer than its
    /// requests take, and up to a megabyte of buffers.
    pub(super) async fn place_for(&self, blob: &Descriptor) -> Option<SemaphorePermit<'_>> {
        let places = if blob.size > LARGE && self.jobs() > 1 {
            2
        } else {
            1
        };
        // An error means a semaphore that was closed, which it never is.
        self.places.acquire_many(places).await.ok()
    }

    /// The right to have so many bytes of a manifest in memory.
    pub(super) async fn weigh(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let bytes = usize::try_from(bytes).unwrap_or(MAX_MANIFEST);
        let units = bytes.min(MAX_MANIFEST).div_ceil(WEIGHT).max(1);
        let units = u32::try_from(units).unwrap_or(1);
        self.weights.acquire_many(units).await.ok()
    }

    /// The right to have an index at this depth in memory.
    pub(super) async fn nest(&self, depth: usize) -> Option<MutexGuard<'_, ()>> {
        match self.nested.get(depth) {
            Some(level) => Some(level.lock().await),
            None => None,
        }
    }

    /// A layout or archive to read, opened once.
    pub(super) async fn reader(
        &self,
        path: &Path,
        is_layout: bool,
    ) -> Result<Arc<LocalFile>, Error> {
        let cell = {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(readers.entry(path.to_owned()).or_default())
        };
        let open = async || {
            let path = path.to_owned();
            let opened = blocking(move || {
                let reader = if is_layout {
                    local::open_layout(&path)
                } else {
                    local::open_archive(&path)
                }?;
                let reader = Arc::from(reader);
                Ok(Arc::new(LocalFile { path, reader }))
            });
            opened.await
        };
        cell.get_or_try_init(open).await.cloned()
    }

    /// A repository to write to what comes from a source.
    pub(super) fn repository(
        &self,
        repository: &Repository,
        source: &Place,
    ) -> Result<Sink, Error> {
        let mut remote = self.registries.at(repository)?.writing();
        if let Place::Registry(source) = source {
            remote = remote.mounting_from(&source.repository);
        }
        let mut table = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let memories = self.wishes.memory.as_deref();
        let known = table
            .entry(repository.registry().to_owned())
            .or_insert_with_key(|registry| Arc::new(Known::of(registry, memories)));
        let known = Arc::clone(known);
        Ok(Sink::Registry(Repo { remote, known }))
    }

    /// A layout or archive to write: one, however its path is spelled.
    ///
    /// # Errors
    /// It is being written as something else.
    pub(super) fn file(&self, kind: Kind, path: &Path) -> Result<Arc<Files>, Error> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let new = || Arc::new(Files::new(kind, path.to_owned()));
        let known = files.entry(identity).or_insert_with(new);
        if known.kind() == kind {
            return Ok(Arc::clone(known));
        }
        Err(Error::Layout {
            path: path.to_owned(),
            reason: "it is a target in two forms at once".to_owned(),
        })
    }

    /// Writes what was learnt to the memory.
    pub(super) async fn remember(&self) {
        let known: Vec<Arc<Known>> = {
            let table = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            table.values().cloned().collect()
        };
        // What is not remembered is no harm.
        let _ = blocking(move || {
            known.iter().for_each(|known| known.flush());
            Ok(())
        })
        .await;
    }
}
