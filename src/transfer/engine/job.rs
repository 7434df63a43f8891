//! One image on its way from one source into one target.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::run::Run;
use super::sink::Sink;
use super::source::Source;
use crate::oci::{Manifest, Reference, Repository, Stored, Target};
use crate::transfer::error::Error;
use crate::transfer::progress::Event;

/// The most manifests of one image, its indexes and referrers together. Whoever has more than
/// that has made them for us.
const MAX_MANIFESTS: usize = 100_000;

/// What an image says of the image that it was built on (OCI image specification,
/// annotations.md).
const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// One image on its way into one repository, layout or archive.
pub(super) struct Job {
    /// The run that it belongs to.
    pub(super) run: Arc<Run>,
    /// From where.
    pub(super) source: Source,
    /// To where.
    pub(super) sink: Arc<Sink>,
    /// Where the image that it was built on is.
    pub(super) base: Option<Repository>,
    /// Whether nothing of it is in the target, as far as is known: then nobody looks.
    pub(super) is_new: bool,
    /// How many bytes were sent.
    pub(super) bytes: AtomicU64,
    manifests: AtomicUsize,
}

impl Job {
    /// Nothing moves yet.
    pub(super) fn new(
        run: &Arc<Run>,
        source: &Source,
        sink: &Arc<Sink>,
        root: &Manifest,
        is_new: bool,
    ) -> Self {
        let base = root.annotations.get(BASE_NAME);
        let base = base.and_then(|name| name.parse::<Reference>().ok());
        Self {
            run: Arc::clone(run),
            source: source.clone(),
            sink: Arc::clone(sink),
            base: base.map(|reference| reference.repository),
            is_new,
            bytes: AtomicU64::new(0),
            manifests: AtomicUsize::new(0),
        }
    }

    /// One more manifest.
    ///
    /// # Errors
    /// It is one too many.
    pub(super) fn count(&self) -> Result<(), Error> {
        if self.manifests.fetch_add(1, Ordering::Relaxed) < MAX_MANIFESTS {
            return Ok(());
        }
        Err(self.hostile(format!("it has more than {MAX_MANIFESTS} manifests")))
    }

    /// The source is not what anybody would have made in good faith.
    pub(super) fn hostile(&self, reason: impl Into<String>) -> Error {
        Error::Hostile {
            place: self.source.name(),
            reason: reason.into(),
        }
    }

    /// Puts a manifest, after everything that it refers to.
    pub(super) async fn put(&self, at: &Target, manifest: &Manifest) -> Result<Stored, Error> {
        let (descriptor, progress) = (manifest.descriptor(), &self.run.progress);
        progress.event(Event::Found(&descriptor));
        let stored = self.sink.put(at, manifest).await?;
        if stored.unchanged {
            progress.event(Event::Present(&descriptor));
        } else {
            progress.event(Event::Bytes(&descriptor, descriptor.size));
            progress.event(Event::Moved(&descriptor));
            self.bytes.fetch_add(descriptor.size, Ordering::Relaxed);
        }
        Ok(stored)
    }
}
