//! Writes into an OCI layout that others read and write at the same time.
//!
//! A blob is written to a file in the layout's directory and renamed when it is complete.
//! `index.json` is changed by one process at a time, and replaced. The lock for that is taken on
//! the file `oci-layout`, which every layout has and nobody replaces.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::super::error::Error;
use super::blobs::{Blobs, read_small};
use super::flaw::Flaw;
use super::index::{self, INDEX, OCI_LAYOUT, OCI_LAYOUT_CONTENT, REF_NAME};
use super::index_update::{listed, update};
use super::staging;
use super::{BlobWriter, Entry, Writer};
use crate::oci::{Algorithm, Descriptor, Manifest, Mismatch};

/// How the names of unfinished files begin.
const STAGED: &str = ".dockside-";

/// Writes into a layout.
pub(super) struct LayoutWriter {
    root: PathBuf,
    blobs: Blobs,
}

impl LayoutWriter {
    /// A writer into the layout at `root`, which is made if it is not there.
    pub(super) fn create(root: &Path) -> Result<Self, Error> {
        let writer = Self {
            root: root.to_owned(),
            blobs: Blobs::new(root.to_owned()),
        };
        writer.prepare().map_err(|flaw| flaw.of(root))?;
        Ok(writer)
    }

    fn prepare(&self) -> Result<(), Flaw> {
        let root = &self.root;
        fs::create_dir_all(root)?;
        match read_small(&root.join(OCI_LAYOUT))? {
            Some(version) => index::check_version(&version)?,
            None => {
                self.check_that_nothing_else_is_there()?;
                // In this order: who sees `oci-layout` finds an index.
                staging::add(root, STAGED, INDEX, &update(None, &[])?)?;
                staging::add(root, STAGED, OCI_LAYOUT, OCI_LAYOUT_CONTENT.as_bytes())?;
            }
        }
        fs::create_dir_all(self.blobs.directory(Algorithm::Sha256)?)?;
        staging::sweep(root, STAGED);
        Ok(())
    }

    fn check_that_nothing_else_is_there(&self) -> Result<(), Flaw> {
        for found in fs::read_dir(&self.root)? {
            let name = found?.file_name();
            // Another process may be making the layout.
            let of_layout = name == INDEX || name == "blobs" || name == OCI_LAYOUT;
            if !of_layout && !name.as_encoded_bytes().starts_with(STAGED.as_bytes()) {
                return Err(Flaw::shape(
                    "it is neither empty nor an OCI layout: it has no file oci-layout",
                ));
            }
        }
        Ok(())
    }

    fn blob_writer(&self, descriptor: &Descriptor) -> Result<LayoutBlob, Flaw> {
        let directory = self.blobs.directory(descriptor.digest.algorithm())?;
        fs::create_dir_all(&directory)?;
        Ok(LayoutBlob {
            root: self.root.clone(),
            staged: staging::create(&self.root, STAGED)?,
            target: directory.join(descriptor.digest.hex()),
            descriptor: descriptor.clone(),
            written: 0,
        })
    }

    fn list(&self, entries: &[Entry]) -> Result<(), Flaw> {
        let absent = entries.iter().find(|entry| !self.has(&entry.descriptor));
        if let Some(entry) = absent {
            let digest = &entry.descriptor.digest;
            return Err(Flaw::shape(format!("the manifest {digest} is not in it")));
        }
        let in_annotations = |entry| {
            listed(entry, |name, annotations| {
                annotations.insert(REF_NAME.to_owned(), name.to_owned());
            })
        };
        let added: Vec<Descriptor> = entries.iter().flat_map(in_annotations).collect();
        let _lock = lock(&self.root.join(OCI_LAYOUT))?;
        let index = read_small(&self.root.join(INDEX))?;
        let index = update(index.as_deref(), &added)?;
        staging::replace(&self.root, STAGED, INDEX, &index)?;
        Ok(())
    }
}

impl Writer for LayoutWriter {
    fn has(&self, descriptor: &Descriptor) -> bool {
        let size = self.blobs.size(&descriptor.digest);
        matches!(size, Ok(Some(size)) if size == descriptor.size)
    }

    fn accept(&self, _: &Manifest) -> Result<(), Error> {
        Ok(())
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn BlobWriter>, Error> {
        match self.blob_writer(descriptor) {
            Ok(writer) => Ok(Box::new(writer)),
            Err(flaw) => Err(flaw.of(&self.root)),
        }
    }

    fn manifest(&self, manifest: &Manifest) -> Result<(), Error> {
        let mut writer = self.blob(&manifest.descriptor())?;
        writer.write(manifest.bytes())?;
        writer.commit()
    }

    fn finish(&self, entries: &[Entry]) -> Result<(), Error> {
        self.list(entries).map_err(|flaw| flaw.of(&self.root))
    }
}

/// Waits until no other process changes the index.
fn lock(path: &Path) -> Result<File, Flaw> {
    // NFS locks only what is open for writing (flock(2)).
    let file = File::options().read(true).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// A blob on its way into a layout.
struct LayoutBlob {
    root: PathBuf,
    staged: NamedTempFile,
    target: PathBuf,
    descriptor: Descriptor,
    written: u64,
}

impl BlobWriter for LayoutBlob {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written += bytes.len() as u64;
        let written = self.staged.write_all(bytes);
        written.map_err(|error| Flaw::Io(error).of(&self.root))
    }

    fn commit(self: Box<Self>) -> Result<(), Error> {
        if let Err(mismatch) = check_size(&self.descriptor, self.written) {
            return Err(Flaw::from(mismatch).of(&self.root));
        }
        let renamed = self.staged.persist(&self.target);
        renamed
            .map(drop)
            .map_err(|failed| Flaw::Io(failed.error).of(&self.root))
    }
}

/// Whether so many bytes are those of the descriptor.
pub(super) fn check_size(descriptor: &Descriptor, found: u64) -> Result<(), Mismatch> {
    if found == descriptor.size {
        return Ok(());
    }
    Err(Mismatch::Size {
        digest: descriptor.digest.clone(),
        expected: descriptor.size,
        found,
    })
}
