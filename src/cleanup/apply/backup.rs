//! Saves manifests and configs before they are deleted, so that [`undo`](super::undo()) can bring
//! them back while their layers are still there.
//!
//! The backup is an OCI layout without layers. Its `index.json` names what was deleted by whole
//! references (`REGISTRY/REPO:TAG`); [`REPOSITORY`] says where what had no tag was.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::error::Fault;
use crate::cleanup::plan::Step;
use crate::oci::{self, Descriptor, Digest, Manifest, ManifestContent, Repository, Target};
use crate::registry::{self, Brand};
use crate::transfer;
use crate::transfer::local::{Entry, Writer, create_layout};

/// The annotation of an entry that says in which repository it was.
pub(super) const REPOSITORY: &str = "dev.dockside.backup.repository";

/// The annotation that says what is not there.
const CONTENT: &str = "dev.dockside.backup.content";

/// Where manifests are saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backup {
    /// An OCI layout in this directory, which need not exist.
    Directory(PathBuf),
}

/// Who saves them.
pub(super) struct Saver {
    directory: PathBuf,
    layout: Arc<dyn Writer>,
    repository: Repository,
}

/// What is saved of a step.
struct Saved {
    manifest: Manifest,
    config: Option<(Descriptor, Bytes)>,
    entry: Entry,
}

impl Saver {
    pub(super) fn open(backup: &Backup, repository: &Repository) -> Result<Self, Fault> {
        let Backup::Directory(directory) = backup;
        let layout = create_layout(directory).map_err(Box::new)?;
        Ok(Self {
            directory: directory.clone(),
            layout: layout.into(),
            repository: repository.clone(),
        })
    }

    /// Saves what some steps delete; for each whether that is on the disk now. What is gone is
    /// not saved, and no failure.
    pub(super) async fn save(
        &self,
        brand: &dyn Brand,
        steps: &[&Step],
        jobs: usize,
    ) -> Vec<Result<(), Fault>> {
        let reads = steps.iter().map(|step| self.save_one(brand, step));
        let mut saved: Vec<Result<Option<Entry>, Fault>> =
            stream::iter(reads).buffered(jobs).collect().await;
        let entries = saved.iter_mut().filter_map(|one| one.as_mut().ok()?.take());
        let entries: Vec<Entry> = entries.collect();
        let (layout, directory) = (Arc::clone(&self.layout), self.directory.clone());
        let listed = blocking(&self.directory, move || {
            layout.finish(&entries)?;
            sync(&directory, &directory.join("index.json"))?;
            sync(&directory, &directory)
        });
        let Err(error) = listed.await else {
            return saved.into_iter().map(|one| one.map(drop)).collect();
        };
        let error = Arc::new(error);
        let failed = saved.into_iter().zip(steps).map(|(one, step)| {
            one.and_then(|_| {
                Err(Fault::Unsaved {
                    subject: self.repository.at(step.digest.clone()),
                    source: Box::new(transfer::Error::Shared(Arc::clone(&error))),
                })
            })
        });
        failed.collect()
    }

    async fn save_one(&self, brand: &dyn Brand, step: &Step) -> Result<Option<Entry>, Fault> {
        let subject = || self.repository.at(step.digest.clone());
        let read = self.read(brand, step).await;
        let read = read.map_err(|source| Fault::Unread {
            subject: subject(),
            source: Box::new(source),
        })?;
        let Some(saved) = read else {
            return Ok(None);
        };
        let entry = saved.entry.clone();
        let (layout, directory) = (Arc::clone(&self.layout), self.directory.clone());
        let written = blocking(&self.directory, move || write(&*layout, &directory, &saved));
        written.await.map_err(|source| Fault::Unsaved {
            subject: subject(),
            source: Box::new(source),
        })?;
        Ok(Some(entry))
    }

    async fn read(&self, brand: &dyn Brand, step: &Step) -> Result<Option<Saved>, registry::Error> {
        let remote = brand.remote();
        let target = Target::Digest(step.digest.clone());
        let Some(manifest) = remote.manifest(&target).await? else {
            return Ok(None);
        };
        let config = match &manifest.content {
            ManifestContent::Image { config, .. } => config.as_deref(),
            ManifestContent::Index(_) => None,
        };
        let config = match config {
            None => None,
            Some(config) => match registry::read(remote, config).await {
                Ok(bytes) => bytes.map(|bytes| (config.clone(), bytes)),
                // It was gone before.
                Err(registry::Error::Oci(oci::Error::NotFound { .. })) => None,
                Err(error) => return Err(error),
            },
        };
        let mut descriptor = manifest.descriptor();
        descriptor.annotations.extend([
            (REPOSITORY.to_owned(), self.repository.to_string()),
            (
                CONTENT.to_owned(),
                "manifests and configs, no layers".to_owned(),
            ),
        ]);
        let names = step
            .tags
            .iter()
            .map(|tag| self.repository.tagged(tag.clone()).to_string());
        let entry = Entry {
            names: names.collect(),
            descriptor,
        };
        Ok(Some(Saved {
            manifest,
            config,
            entry,
        }))
    }
}

/// Writes a manifest and its config to the disk.
fn write(layout: &dyn Writer, directory: &Path, saved: &Saved) -> Result<(), transfer::Error> {
    if let Some((descriptor, bytes)) = &saved.config {
        let mut blob = layout.blob(descriptor)?;
        blob.write(bytes)?;
        blob.commit()?;
        sync_blob(directory, &descriptor.digest)?;
    }
    layout.manifest(&saved.manifest)?;
    sync_blob(directory, saved.manifest.digest())
}

fn sync_blob(directory: &Path, digest: &Digest) -> Result<(), transfer::Error> {
    let folder = directory.join("blobs").join(digest.algorithm().name());
    sync(directory, &folder.join(digest.hex()))?;
    sync(directory, &folder)
}

/// Waits until a file, or the names in a directory, are on the disk.
fn sync(layout: &Path, path: &Path) -> Result<(), transfer::Error> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| transfer::Error::File {
        path: layout.to_owned(),
        source,
    })
}

/// Does work on files without keeping others from theirs.
pub(super) async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, transfer::Error> + Send + 'static,
) -> Result<T, transfer::Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(transfer::Error::File {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        }),
    }
}
