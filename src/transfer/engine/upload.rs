//! One blob on its way into a repository.

use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::pin_mut;

use super::blob::Arrival;
use super::blocking::blocking;
use super::content::Watched;
use super::job::Job;
use super::sink::Repo;
use super::source::Source;
use crate::oci::{self, Descriptor, Repository, Started, Upload};
use crate::transfer::error::Error;

/// From which size on it is worth a request to look for a blob at a registry that may ignore
/// mounts, in bytes.
const WORTH_A_LOOK: u64 = 16 * 1024 * 1024;

/// The same where the blob was to be mounted from elsewhere, which says nothing of the target.
const WORTH_A_LOOK_HERE: u64 = 1024 * 1024;

impl Job {
    /// Into a repository: by a mount, if that does it, else by an upload. The request for a mount
    /// opens the upload too.
    pub(super) async fn upload(
        &self,
        repo: &Repo,
        blob: &Descriptor,
        content: &Watched,
    ) -> Result<Arrival, Error> {
        let remote = &repo.remote;
        if repo.known.mounts() == Some(false) {
            if remote.has_blob(&blob.digest).await?.is_some() {
                return Ok(Arrival::Found);
            }
            let upload = remote.open_upload().await?;
            return self.send(repo, upload, blob, content).await;
        }
        if let Some(from) = self.elsewhere(repo, blob) {
            let look = blob.size > WORTH_A_LOOK_HERE;
            return match remote.start_upload(&blob.digest, &from).await? {
                Started::Present => Ok(Arrival::Mounted),
                Started::Open(upload) => {
                    self.send_if_absent(repo, upload, blob, content, look).await
                }
            };
        }
        let remembered = repo.remembers(&blob.digest);
        let upload = match self.start(repo, blob, content, remembered).await? {
            Started::Present => {
                repo.known.saw_mounts(true);
                repo.known.saw_need(false);
                return Ok(Arrival::Found);
            }
            Started::Open(upload) => upload,
        };
        let unproved = repo.known.mounts().is_none();
        let look = unproved && (remembered || blob.size > WORTH_A_LOOK);
        let arrival = self.send_if_absent(repo, upload, blob, content, look);
        let arrival = arrival.await?;
        if arrival == Arrival::Found {
            repo.known.saw_mounts(false);
        }
        Ok(arrival)
    }

    /// Asks the repository for a mount from itself. Where the blob will probably have to be sent,
    /// the source is opened meanwhile.
    async fn start(
        &self,
        repo: &Repo,
        blob: &Descriptor,
        content: &Watched,
        remembered: bool,
    ) -> Result<Started, Error> {
        let own = repo.remote.repository();
        let started = repo.remote.start_upload(&blob.digest, own);
        let is_remote = matches!(&self.source, Source::Registry(_));
        if !is_remote || remembered || !repo.known.is_mostly_new() {
            return Ok(started.await?);
        }
        let early = content.open_early();
        pin_mut!(started, early);
        match select(started, early).await {
            Either::Left((Ok(Started::Open(upload)), early)) => {
                early.await;
                Ok(Started::Open(upload))
            }
            Either::Left((started, _)) => Ok(started?),
            Either::Right(((), started)) => Ok(started.await?),
        }
    }

    /// Where a blob can be mounted from, besides the target itself, which is asked where it is
    /// likely to have it.
    fn elsewhere(&self, repo: &Repo, blob: &Descriptor) -> Option<Repository> {
        let own = repo.remote.repository();
        if repo.remembers(&blob.digest) {
            return None;
        }
        if let Source::Registry(source) = &self.source
            && source.is_beside(&repo.remote)
        {
            return Some(source.repository().clone());
        }
        let known = repo.known.elsewhere(own, &blob.digest);
        let is_other = |base: &&Repository| base.registry() == own.registry() && *base != own;
        let base = self.base.as_ref().filter(is_other);
        let candidate = known.or_else(|| base.cloned())?;
        let other = self.run.registries.at(&candidate).ok()?;
        other.is_beside(&repo.remote).then_some(candidate)
    }

    /// Sends a blob, after a look whether that is needed if it is worth a `look`.
    async fn send_if_absent(
        &self,
        repo: &Repo,
        upload: Upload,
        blob: &Descriptor,
        content: &Watched,
        look: bool,
    ) -> Result<Arrival, Error> {
        if look {
            let found = repo.remote.has_blob(&blob.digest).await;
            if !matches!(found, Ok(None)) {
                repo.remote.cancel(upload).await;
                return Ok(found.map(|_| Arrival::Found)?);
            }
        }
        repo.known.saw_need(true);
        self.send(repo, upload, blob, content).await
    }

    async fn send(
        &self,
        repo: &Repo,
        upload: Upload,
        blob: &Descriptor,
        content: &Watched,
    ) -> Result<Arrival, Error> {
        let sent = repo.remote.upload(upload, blob, content).await;
        match (sent, &self.source) {
            (Ok(()), _) => Ok(Arrival::Sent),
            // Files are not hashed before they are sent: the registry does that.
            (
                Err(error @ (oci::Error::Corrupt { .. } | oci::Error::Algorithm { .. })),
                Source::File(file),
            ) => {
                let (file, blob) = (Arc::clone(file), blob.clone());
                blocking(move || file.check(&blob)).await?;
                Err(error.into())
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}
