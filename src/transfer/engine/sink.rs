//! Where an image is written to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::blocking::blocking;
use super::known::Known;
use crate::oci::{Descriptor, Digest, Manifest, Remote, Stored, Target};
use crate::transfer::error::Error;
use crate::transfer::local::{self, Entry, Reader, Writer};

/// Where an image is written to.
pub(super) enum Sink {
    /// A repository.
    Registry(Repo),
    /// A layout or archive.
    File(Arc<Files>),
}

/// A repository that is written to, and what is known of its registry.
pub(super) struct Repo {
    /// The repository.
    pub(super) remote: Remote,
    /// What is known.
    pub(super) known: Arc<Known>,
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A directory.
    Layout,
    /// A tar of one.
    LayoutArchive,
    /// A tar for `docker load`.
    DockerArchive,
}

/// A layout or archive that is written, by all images of a run together.
pub(super) struct Files {
    kind: Kind,
    path: PathBuf,
    writer: OnceCell<Arc<dyn Writer>>,
    before: OnceCell<Option<Arc<dyn Reader>>>,
    /// What it will name: by the number of the image, which is the order, then by that of the
    /// target.
    entries: Mutex<Vec<((usize, usize), Entry)>>,
}

impl Files {
    /// Nothing is opened yet.
    pub(super) fn new(kind: Kind, path: PathBuf) -> Self {
        Self {
            kind,
            path,
            writer: OnceCell::new(),
            before: OnceCell::new(),
            entries: Mutex::default(),
        }
    }

    /// The writer, which is made when it is first needed.
    pub(super) async fn writer(&self) -> Result<Arc<dyn Writer>, Error> {
        let make = async || {
            let (kind, path) = (self.kind, self.path.clone());
            let made = blocking(move || match kind {
                Kind::Layout => local::create_layout(&path),
                Kind::LayoutArchive => local::create_archive(&path, false),
                Kind::DockerArchive => local::create_archive(&path, true),
            });
            made.await.map(Arc::from)
        };
        self.writer.get_or_try_init(make).await.cloned()
    }

    /// What was there before the run, if anything was.
    pub(super) async fn before(&self) -> Result<Option<Arc<dyn Reader>>, Error> {
        let open = async || {
            let (kind, path) = (self.kind, self.path.clone());
            let opened = blocking(move || match kind {
                // Written last when a layout is made, perhaps by another process just now.
                Kind::Layout if path.join("oci-layout").exists() => {
                    local::open_layout(&path).map(Some)
                }
                Kind::LayoutArchive | Kind::DockerArchive if path.is_file() => {
                    local::open_archive(&path).map(Some)
                }
                _ => Ok(None),
            });
            opened.await.map(|reader| reader.map(Arc::from))
        };
        self.before.get_or_try_init(open).await.cloned()
    }

    /// What the user called it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The form in which it is written.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is a layout, which keeps what it has; an archive is replaced.
    pub(super) fn is_layout(&self) -> bool {
        self.kind == Kind::Layout
    }

    /// Makes sure that it can hold this image, before anything of it is moved.
    ///
    /// # Errors
    /// It cannot be made, or cannot hold it.
    pub(super) async fn accept(&self, manifest: &Manifest) -> Result<(), Error> {
        let (writer, manifest) = (self.writer().await?, manifest.clone());
        blocking(move || writer.accept(&manifest)).await
    }

    /// Has it name an image in the end.
    pub(super) fn name(&self, order: (usize, usize), entry: Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push((order, entry));
    }

    /// Makes all that was named visible, if anything was. Entries of one image become one.
    pub(super) async fn finish(&self) -> Result<(), Error> {
        let mut ordered = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *entries)
        };
        if ordered.is_empty() {
            return Ok(());
        }
        ordered.sort_by_key(|(order, _)| *order);
        let mut entries: Vec<Entry> = Vec::new();
        for (_, entry) in ordered {
            let digest = &entry.descriptor.digest;
            match entries.iter_mut().find(|e| e.descriptor.digest == *digest) {
                Some(known) => known.names.extend(entry.names),
                None => entries.push(entry),
            }
        }
        for entry in &mut entries {
            let mut seen = std::collections::HashSet::new();
            entry.names.retain(|name| seen.insert(name.clone()));
        }
        let writer = self.writer().await?;
        blocking(move || writer.finish(&entries)).await
    }
}

impl Sink {
    /// What errors call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Registry(repo) => repo.remote.repository().to_string(),
            Self::File(files) => files.path.display().to_string(),
        }
    }

    /// The layout or archive, if it is one.
    pub(super) fn files(&self) -> Option<&Arc<Files>> {
        match self {
            Self::Registry(_) => None,
            Self::File(files) => Some(files),
        }
    }

    /// What is written to by one piece of work for each blob at a time: a registry or a file.
    pub(super) fn host(&self) -> Arc<str> {
        match self {
            Self::Registry(repo) => repo.remote.repository().registry().into(),
            Self::File(files) => files.path.to_string_lossy().into(),
        }
    }

    /// Whether it has a blob or manifest, as far as this run has seen. Asks nobody.
    pub(super) async fn has(&self, descriptor: &Descriptor) -> Result<bool, Error> {
        match self {
            Self::Registry(repo) => Ok(repo.has(&descriptor.digest)),
            Self::File(files) => {
                let (writer, descriptor) = (files.writer().await?, descriptor.clone());
                blocking(move || Ok(writer.has(&descriptor))).await
            }
        }
    }

    /// Puts a manifest, after everything that it refers to.
    pub(super) async fn put(&self, at: &Target, manifest: &Manifest) -> Result<Stored, Error> {
        match self {
            Self::Registry(repo) => {
                let stored = repo.remote.put_manifest(at, manifest).await?;
                repo.saw(at, manifest.digest());
                Ok(stored)
            }
            Self::File(files) => {
                let (writer, manifest) = (files.writer().await?, manifest.clone());
                blocking(move || writer.manifest(&manifest)).await?;
                Ok(Stored {
                    listed: true,
                    unchanged: false,
                })
            }
        }
    }

    /// A manifest that a layout has already, so that the source need not be asked for it.
    pub(super) async fn own(&self, descriptor: &Descriptor) -> Result<Option<Manifest>, Error> {
        let Self::File(files) = self else {
            return Ok(None);
        };
        let Some(reader) = files.before().await?.filter(|_| files.is_layout()) else {
            return Ok(None);
        };
        let descriptor = descriptor.clone();
        // One that is damaged is fetched again.
        blocking(move || Ok(reader.manifest(&descriptor).ok().flatten())).await
    }
}

impl Repo {
    /// Whether this run has seen it here.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.known.has(self.remote.repository(), digest)
    }

    /// Whether an earlier run has.
    pub(super) fn remembers(&self, digest: &Digest) -> bool {
        self.known.remembers(self.remote.repository(), digest)
    }

    /// Notes what is here under a tag or its digest.
    pub(super) fn saw(&self, at: &Target, digest: &Digest) {
        let repository = self.remote.repository();
        self.known.saw(repository, digest);
        if let Target::Tag(tag) = at {
            self.known.saw_tag(repository, tag, digest);
        }
    }

    /// Whether this manifest is here under a tag or its digest. One request.
    pub(super) async fn is_at(&self, at: &Target, digest: &Digest) -> Result<bool, Error> {
        let head = self.remote.head(at).await?;
        let is_there = head.is_some_and(|head| head.digest == *digest);
        if is_there {
            self.saw(at, digest);
        }
        Ok(is_there)
    }
}
