//! Where an image is read from.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::blocking::blocking;
use super::content::Local;
use crate::oci::{
    self, BadContent, Content, Descriptor, Digest, Manifest, Mismatch, Remote, Tag, Target,
    Verifier,
};
use crate::transfer::error::Error;
use crate::transfer::local::{Entry, Reader};

/// A layout or archive that is read.
pub(super) struct LocalFile {
    /// What the user called it.
    pub(super) path: PathBuf,
    /// What it holds.
    pub(super) reader: Arc<dyn Reader>,
}

impl LocalFile {
    /// It cannot be read.
    pub(super) fn unreadable(&self, source: std::io::Error) -> Error {
        let path = self.path.clone();
        Error::File { path, source }
    }

    /// Looks whether a blob is what its digest says, and says so when it is not. Blocks.
    pub(super) fn check(&self, blob: &Descriptor) -> Result<(), Error> {
        const BUFFER: usize = 64 * 1024;
        let mut content = self.reader.blob(blob, 0)?;
        let mut verifier = Verifier::new(blob.digest.clone(), Some(blob.size));
        let mut buffer = vec![0; BUFFER];
        let checked = loop {
            let count = content.read(&mut buffer);
            match count.map_err(|error| self.unreadable(error))? {
                0 => break verifier.finish(),
                count => {
                    if let Err(mismatch) = verifier.update(buffer.get(..count).unwrap_or_default())
                    {
                        break Err(mismatch);
                    }
                }
            }
        };
        checked.map_err(|mismatch| self.damaged(mismatch))
    }

    fn damaged(&self, mismatch: Mismatch) -> Error {
        Error::Content {
            path: self.path.clone(),
            source: mismatch.into(),
        }
    }
}

/// Where an image is read from.
#[derive(Clone)]
pub(super) enum Source {
    /// A repository.
    Registry(Remote),
    /// A layout or archive.
    File(Arc<LocalFile>),
}

impl Source {
    /// What errors call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Registry(remote) => remote.repository().to_string(),
            Self::File(file) => file.path.display().to_string(),
        }
    }

    /// A manifest that another one, or an entry, refers to.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is not what the descriptor says.
    pub(super) async fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, Error> {
        let manifest = match self {
            Self::Registry(remote) => {
                let target = Target::Digest(descriptor.digest.clone());
                remote.manifest(&target).await?
            }
            Self::File(file) => {
                let (file, descriptor) = (Arc::clone(file), descriptor.clone());
                blocking(move || file.reader.manifest(&descriptor)).await?
            }
        };
        let manifest = manifest.ok_or_else(|| Error::Missing {
            place: self.name(),
            what: format!("manifest {}", descriptor.digest),
            has: Vec::new(),
        })?;
        let found = manifest.bytes().len() as u64;
        if found == descriptor.size {
            return Ok(manifest);
        }
        Err(self.damaged(Mismatch::Size {
            digest: descriptor.digest.clone(),
            expected: descriptor.size,
            found,
        }))
    }

    /// What a tag names; for a layout, what an entry has as its name.
    pub(super) async fn tagged(&self, tag: &Tag) -> Result<Option<Manifest>, Error> {
        match self {
            Self::Registry(remote) => Ok(remote.manifest(&Target::Tag(tag.clone())).await?),
            Self::File(file) => {
                let named = |entry: &&Entry| entry.names.iter().any(|name| name == tag.as_str());
                match file.reader.entries().iter().find(named) {
                    Some(entry) => self.manifest(&entry.descriptor).await.map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    /// What refers to a manifest.
    pub(super) async fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Error> {
        match self {
            Self::Registry(remote) => Ok(remote.referrers(digest).await?),
            Self::File(file) => {
                let (file, digest) = (Arc::clone(file), digest.clone());
                blocking(move || file.reader.referrers(&digest)).await
            }
        }
    }

    /// The content of a blob.
    pub(super) fn content(&self, blob: &Descriptor) -> Box<dyn Content> {
        match self {
            Self::Registry(remote) => Box::new(remote.blob(blob)),
            Self::File(file) => Box::new(Local {
                file: Arc::clone(file),
                blob: blob.clone(),
            }),
        }
    }

    /// Whether it has a blob, which it need not.
    pub(super) async fn has(&self, blob: &Descriptor) -> Result<bool, Error> {
        match self {
            Self::Registry(remote) => Ok(remote.has_blob(&blob.digest).await?.is_some()),
            Self::File(file) => {
                let (file, blob) = (Arc::clone(file), blob.clone());
                blocking(move || Ok(file.reader.blob(&blob, 0).is_ok())).await
            }
        }
    }

    /// All bytes of a small blob, checked; `None` when it is longer than `limit`.
    pub(super) async fn read(
        &self,
        blob: &Descriptor,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        if blob.size > limit {
            return Ok(None);
        }
        let mut verifier = Verifier::new(blob.digest.clone(), Some(blob.size));
        let mut bytes = Vec::new();
        let content = self.content(blob);
        let mut chunks = content.open(0).await?;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            let checked = verifier.update(&chunk);
            checked.map_err(|mismatch| self.damaged(mismatch))?;
            bytes.extend_from_slice(&chunk);
        }
        let checked = verifier.finish();
        checked.map_err(|mismatch| self.damaged(mismatch))?;
        Ok(Some(bytes))
    }

    /// What came is not what was asked for.
    pub(super) fn damaged(&self, mismatch: Mismatch) -> Error {
        match self {
            Self::Registry(remote) => Error::Registry(oci::Error::Content {
                subject: remote.repository().to_string(),
                source: BadContent::Mismatch(mismatch),
            }),
            Self::File(file) => file.damaged(mismatch),
        }
    }
}
