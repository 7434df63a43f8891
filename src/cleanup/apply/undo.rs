//! Brings back what a backup has, while the blobs are still in the registry.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::backup::{REPOSITORY, blocking, open};
use super::error::Fault;
use crate::error::Failure;
use crate::oci::{Descriptor, Digest, Manifest, ManifestContent, Reference, Tag, Target};
use crate::registry::{self, Brand, MAX_CONFIG};
use crate::transfer;
use crate::transfer::local::Reader;

/// What became of a manifest of a backup.
#[derive(Debug)]
pub struct Restored {
    /// The manifest.
    pub digest: Digest,
    /// Its tags that name it again.
    pub tags: Vec<Tag>,
    /// Tags that name something else by now, and were left so.
    pub taken: Vec<Tag>,
    /// Whether it was put; `false` when it was there. Else why it cannot come back.
    pub outcome: Result<bool, Failure>,
}

/// Puts what a backup has of this repository back: children before indexes, then tags, those that
/// nobody has taken. A manifest whose blobs are gone does not come back.
///
/// # Errors
/// The backup cannot be read.
pub async fn undo(brand: &dyn Brand, backup: &Path) -> Result<Vec<Restored>, transfer::Error> {
    let mut readers = open(backup).await?;
    // What was saved last is what had a tag last.
    readers.reverse();
    let here = brand.remote().repository().to_string();
    let is_here = |descriptor: &Descriptor| descriptor.annotations.get(REPOSITORY) == Some(&here);
    let entries = readers.iter().flat_map(|reader| reader.entries());
    let mut entries: Vec<_> = entries
        .filter(|entry| is_here(&entry.descriptor))
        .cloned()
        .collect();
    // A registry that restores something by its tag brings all that it lists back.
    entries.sort_by_key(|entry| entry.names.is_empty());
    let mut undo = Undo {
        brand,
        backup,
        readers,
        saved: entries
            .iter()
            .map(|entry| (entry.descriptor.digest.clone(), entry.descriptor.clone()))
            .collect(),
    };
    let mut done = Vec::new();
    for entry in entries {
        let mut restored = Restored {
            digest: entry.descriptor.digest.clone(),
            tags: Vec::new(),
            taken: Vec::new(),
            outcome: Ok(false),
        };
        let tags = entry.names.iter().filter_map(|name| name.parse().ok());
        let tags: Vec<Tag> = tags.filter_map(|name: Reference| name.tag).collect();
        restored.outcome = match undo.bring_back(&entry.descriptor, &tags).await {
            Ok(put) => {
                let named = undo.name(&entry.descriptor, tags, &mut restored);
                named.await.map(|()| put)
            }
            Err(failure) => Err(failure),
        };
        done.push(restored);
    }
    Ok(done)
}

struct Undo<'a> {
    brand: &'a dyn Brand,
    backup: &'a Path,
    /// The layouts that it consists of.
    readers: Vec<Arc<dyn Reader>>,
    saved: HashMap<Digest, Descriptor>,
}

impl Undo<'_> {
    /// Restores a manifest by the brand's own means, or puts it; `false` when it is there.
    async fn bring_back(&mut self, descriptor: &Descriptor, tags: &[Tag]) -> Result<bool, Failure> {
        let remote = self.brand.remote();
        let target = Target::Digest(descriptor.digest.clone());
        if remote.head(&target).await?.is_some() {
            return Ok(false);
        }
        let mut free = Vec::new();
        for tag in tags {
            if remote.head(&Target::Tag(tag.clone())).await?.is_none() {
                free.push(tag.clone());
            }
        }
        let restored = self.brand.restore(&descriptor.digest, &free).await?;
        // What is said to be restored may not be there yet, or be no more than a name.
        if restored && remote.head(&target).await?.is_some() {
            return Ok(true);
        }
        self.manifest(descriptor).await
    }

    /// Puts a manifest after all that it lists; `false` when it is there.
    fn manifest<'a>(
        &'a mut self,
        descriptor: &'a Descriptor,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move {
            let remote = self.brand.remote();
            let target = Target::Digest(descriptor.digest.clone());
            if remote.head(&target).await?.is_some() {
                return Ok(false);
            }
            let subject = remote.repository().at(descriptor.digest.clone());
            let manifest = self.read(descriptor).await?;
            match &manifest.content {
                ManifestContent::Index(children) => {
                    for child in children {
                        if let Some(saved) = self.saved.get(&child.digest).cloned() {
                            self.manifest(&saved).await?;
                        } else if remote
                            .head(&Target::Digest(child.digest.clone()))
                            .await?
                            .is_none()
                        {
                            return Err(Fault::ChildGone {
                                subject,
                                child: child.digest.clone(),
                            }
                            .into());
                        }
                    }
                }
                ManifestContent::Image { config, .. } => {
                    for blob in manifest.blobs() {
                        if remote.has_blob(&blob.digest).await?.is_some() {
                            continue;
                        }
                        let is_config =
                            config.as_ref().is_some_and(|one| one.digest == blob.digest);
                        match self.config(blob).await {
                            Some(bytes) if is_config => {
                                super::blob::put(remote, blob, bytes).await?;
                            }
                            _ => {
                                return Err(Fault::BlobGone {
                                    subject,
                                    blob: blob.digest.clone(),
                                }
                                .into());
                            }
                        }
                    }
                }
            }
            remote.put_manifest(&target, &manifest).await?;
            Ok(true)
        })
    }

    async fn read(&self, descriptor: &Descriptor) -> Result<Manifest, Failure> {
        let (readers, wanted) = (self.readers.clone(), descriptor.clone());
        let read = move || {
            let found = readers.iter().map(|reader| reader.manifest(&wanted));
            let mut found = found.filter_map(Result::transpose);
            found.next().transpose()
        };
        let read = blocking(self.backup, read).await?;
        let missing = || transfer::Error::Missing {
            place: self.backup.display().to_string(),
            what: format!("manifest {}", descriptor.digest),
            has: Vec::new(),
        };
        Ok(read.ok_or_else(missing)?)
    }

    /// A config of the backup, if it is there.
    async fn config(&self, blob: &Descriptor) -> Option<Bytes> {
        let (readers, wanted) = (self.readers.clone(), blob.clone());
        let read = blocking(self.backup, move || {
            let found = readers.iter();
            let mut found = found.filter_map(|reader| reader.blob(&wanted, 0).ok());
            let mut bytes = Vec::new();
            let read = found.next();
            let read = read.map(|blob| blob.take(MAX_CONFIG).read_to_end(&mut bytes));
            Ok(read.is_some_and(|read| read.is_ok()).then_some(bytes))
        });
        read.await.ok().flatten().map(Bytes::from)
    }

    /// Gives a manifest those of its tags that nobody has.
    async fn name(
        &self,
        descriptor: &Descriptor,
        tags: Vec<Tag>,
        restored: &mut Restored,
    ) -> Result<(), Failure> {
        let remote = self.brand.remote();
        for tag in tags {
            let target = Target::Tag(tag.clone());
            match remote.head(&target).await? {
                Some(now) if now.digest != descriptor.digest => {
                    restored.taken.push(tag);
                    continue;
                }
                Some(_) => {}
                None => {
                    let manifest = self.read(descriptor).await?;
                    let put = remote.put_manifest(&target, &manifest).await;
                    put.map_err(registry::Error::from)?;
                }
            }
            restored.tags.push(tag);
        }
        Ok(())
    }
}
