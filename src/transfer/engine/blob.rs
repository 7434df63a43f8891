//! One blob on its way into one target.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::content::Watched;
use super::job::Job;
use super::sink::Sink;
use super::slots::Claim;
use super::store::store;
use crate::oci::Descriptor;
use crate::transfer::error::Error;
use crate::transfer::progress::Event;

/// How a blob came to be in its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// This run has seen it there before.
    Known,
    /// The target had it, and said so when asked.
    Found,
    /// It was mounted from another repository.
    Mounted,
    /// It was sent.
    Sent,
    /// Nobody has it, and nobody needs to: a layer of which the source has the address only.
    Foreign,
}

impl Job {
    /// Sees to it that the target has a blob.
    pub(super) async fn blob(&self, claim: &Claim, blob: &Descriptor) -> Result<Arrival, Error> {
        let mut failed = claim.slot.lock().await;
        let progress = &self.run.progress;
        if self.sink.has(blob).await? {
            if claim.is_first {
                progress.event(Event::Present(blob));
            }
            return Ok(Arrival::Known);
        }
        if let Some((_, error)) = failed.as_ref().filter(|(at, _)| *at == self.sink.name()) {
            return Err(Error::Shared(Arc::clone(error)));
        }
        if !claim.is_first {
            progress.event(Event::Found(blob));
        }
        let _permit = self.run.place_for(blob).await;
        // In a box, so that those who wait are small.
        match Box::pin(self.bring(blob)).await {
            Ok(arrival) => {
                if arrival == Arrival::Sent {
                    self.bytes.fetch_add(blob.size, Ordering::Relaxed);
                    progress.event(Event::Moved(blob));
                } else {
                    progress.event(Event::Present(blob));
                }
                if let Sink::Registry(repo) = &*self.sink
                    && arrival != Arrival::Foreign
                {
                    repo.known.saw(repo.remote.repository(), &blob.digest);
                }
                Ok(arrival)
            }
            Err(error) => {
                let error = Arc::new(error);
                *failed = Some((self.sink.name(), Arc::clone(&error)));
                Err(Error::Shared(error))
            }
        }
    }

    async fn bring(&self, blob: &Descriptor) -> Result<Arrival, Error> {
        if is_foreign(blob) && !self.source.has(blob).await? {
            return Ok(Arrival::Foreign);
        }
        let content = Watched::new(self.source.content(blob), blob, &self.run.progress);
        match &*self.sink {
            Sink::Registry(repo) => {
                let upload = || self.upload(repo, blob, &content);
                self.run.create_if_missing(repo, upload).await
            }
            Sink::File(files) => {
                store(files.writer().await?, blob, &self.source, &content).await?;
                Ok(Arrival::Sent)
            }
        }
    }
}

/// Whether a blob need not be in the registry: Windows' base layers (OCI image specification,
/// layer.md; docker, manifest-v2-2.md).
fn is_foreign(blob: &Descriptor) -> bool {
    !blob.urls.is_empty()
        || blob.media_type.contains(".nondistributable.")
        || blob.media_type.contains(".foreign.")
}
