//! Saves manifests and configs before they are deleted, so that [`undo`](super::undo()) can bring
//! them back while their layers are still there.
//!
//! The backup is an OCI layout without layers ([`Parts`]), or artifacts in a registry
//! ([`Artifacts`]). Each names what was deleted by whole references (`REGISTRY/REPO:TAG`);
//! [`REPOSITORY`] says where what had no tag was.

mod artifacts;
mod parts;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use super::error::Fault;
use crate::cleanup::plan::Step;
use crate::oci::{
    self, Descriptor, Digest, Manifest, ManifestContent, Remote, Repository, Tag, Target,
};
use crate::registry::{self, Brand};
use crate::transfer;
use crate::transfer::local::Entry;

use self::artifacts::Artifacts;
pub use self::artifacts::fetch;
pub(super) use self::parts::{Parts, open};

/// The annotation of an entry that says in which repository it was.
pub(super) const REPOSITORY: &str = "dev.dockside.backup.repository";

/// The annotation that says what is not there.
const CONTENT: &str = "dev.dockside.backup.content";

/// How many names are saved together: with the longest tags and references some 700 KB of JSON.
const MOST: usize = 1000;

/// Where manifests are saved.
#[derive(Clone)]
pub enum Backup {
    /// An OCI layout in this directory, which need not exist, and others in directories below it
    /// when there is much.
    Directory(PathBuf),
    /// Artifacts with this tag, and those with numbers behind it (`TAG-2`), in a repository.
    Registry(Remote, Tag),
}

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "{}", directory.display()),
            Self::Registry(remote, tag) => {
                write!(f, "{}", remote.repository().tagged(tag.clone()))
            }
        }
    }
}

/// Who saves them.
pub(super) struct Saver {
    place: Box<dyn Place>,
    repository: Repository,
}

/// A place for a backup.
trait Place: Send + Sync {
    /// Makes room for more: names, and what each is of.
    fn begin(&mut self, names: &[(String, Digest)]) -> Result<(), transfer::Error>;

    /// Saves something that nothing lists yet.
    fn add<'a>(&'a self, saved: &'a Saved) -> BoxFuture<'a, Result<(), transfer::Error>>;

    /// Lists what was added, so that it is found again.
    fn list(&mut self, kept: Vec<Kept>) -> BoxFuture<'_, Result<(), transfer::Error>>;
}

/// What is saved of a step.
struct Saved {
    manifest: Manifest,
    config: Option<(Descriptor, Bytes)>,
    entry: Entry,
}

/// What was saved.
struct Kept {
    entry: Entry,
    config: Option<Descriptor>,
}

impl Saved {
    fn kept(&self) -> Kept {
        Kept {
            entry: self.entry.clone(),
            config: self.config.as_ref().map(|(config, _)| config.clone()),
        }
    }
}

impl Saver {
    pub(super) fn open(backup: &Backup, repository: &Repository) -> Result<Self, Fault> {
        let place: Box<dyn Place> = match backup {
            Backup::Directory(directory) => {
                Box::new(Parts::open(directory.clone()).map_err(Box::new)?)
            }
            Backup::Registry(remote, tag) => {
                Box::new(Artifacts::new(remote.clone(), tag.clone(), repository))
            }
        };
        Ok(Self {
            place,
            repository: repository.clone(),
        })
    }

    /// Saves what some steps delete; for each whether that is kept for certain now. What is gone
    /// is not saved, and no failure.
    pub(super) async fn save(
        &mut self,
        brand: &dyn Brand,
        mut steps: &[&Step],
        jobs: usize,
    ) -> Vec<Result<(), Fault>> {
        let mut all = Vec::new();
        while !steps.is_empty() {
            let mut names = 0;
            let fits = steps.iter().take_while(|step| {
                names += step.tags.len().max(1);
                names <= MOST
            });
            let (group, others) = steps.split_at(fits.count().max(1));
            all.extend(self.save_group(brand, group, jobs).await);
            steps = others;
        }
        all
    }

    async fn save_group(
        &mut self,
        brand: &dyn Brand,
        steps: &[&Step],
        jobs: usize,
    ) -> Vec<Result<(), Fault>> {
        let names = steps.iter().flat_map(|step| {
            let names = self.names(step);
            names.map(|name| (name, step.digest.clone()))
        });
        let names: Vec<(String, Digest)> = names.collect();
        let mut saved = Vec::new();
        let listed = match self.place.begin(&names) {
            Ok(()) => {
                let this = &*self;
                let reads = steps.iter().map(|step| this.save_one(brand, step));
                saved = stream::iter(reads).buffered(jobs).collect().await;
                let kept = saved.iter_mut();
                let kept = kept
                    .filter_map(|one: &mut Result<Option<Kept>, Fault>| one.as_mut().ok()?.take());
                let kept: Vec<Kept> = kept.collect();
                match kept.is_empty() {
                    true => Ok(()),
                    false => self.place.list(kept).await,
                }
            }
            Err(error) => Err(error),
        };
        let Err(error) = listed else {
            return saved.into_iter().map(|one| one.map(drop)).collect();
        };
        let error = Arc::new(error);
        saved.resize_with(steps.len(), || Ok(None));
        let failed = saved.into_iter().zip(steps).map(|(one, step)| {
            one.and_then(|_| {
                let shared = transfer::Error::Shared(Arc::clone(&error));
                Err(self.unsaved(step, shared))
            })
        });
        failed.collect()
    }

    /// What a step's tags are called wherever they are.
    fn names<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = String> + 'a {
        let tags = step.tags.iter();
        tags.map(|tag| self.repository.tagged(tag.clone()).to_string())
    }

    fn unsaved(&self, step: &Step, source: transfer::Error) -> Fault {
        Fault::Unsaved {
            subject: self.repository.at(step.digest.clone()),
            source: Box::new(source),
        }
    }

    async fn save_one(&self, brand: &dyn Brand, step: &Step) -> Result<Option<Kept>, Fault> {
        let read = self.read(brand, step).await;
        let read = read.map_err(|source| Fault::Unread {
            subject: self.repository.at(step.digest.clone()),
            source: Box::new(source),
        })?;
        let Some(saved) = read else {
            return Ok(None);
        };
        let added = self.place.add(&saved).await;
        added.map_err(|error| self.unsaved(step, error))?;
        Ok(Some(saved.kept()))
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
        let entry = Entry {
            names: self.names(step).collect(),
            descriptor,
        };
        Ok(Some(Saved {
            manifest,
            config,
            entry,
        }))
    }
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
