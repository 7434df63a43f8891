//! Images in files: what layouts and archives have in common.
//!
//! Everything here blocks; the engine calls it from threads that may.

use std::io::Read;
use std::path::Path;

use super::error::Error;
use crate::oci::{Descriptor, Digest, Manifest};

/// An image that a layout or archive names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its names: tags (`v1`) or whole references (`registry/app:v1`), as they were written.
    pub names: Vec<String>,
    /// Its manifest or index.
    pub descriptor: Descriptor,
}

/// A layout or archive that is read.
pub trait Reader: Send + Sync {
    /// What it names, in order.
    fn entries(&self) -> &[Entry];

    /// A manifest that an entry, or another manifest, refers to; checked. `None` when it is not
    /// there: a layout may hold a part of an index only.
    ///
    /// # Errors
    /// It cannot be read, or is not what its digest says.
    fn manifest(&self, descriptor: &Descriptor) -> Result<Option<Manifest>, Error>;

    /// The content of a blob from an offset on, not checked: whoever takes it checks it.
    ///
    /// # Errors
    /// It is not there, or does not have the size of its descriptor.
    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn Read + Send>, Error>;

    /// The manifests here whose subject is this one, those that index.json lists.
    ///
    /// # Errors
    /// One of them cannot be read.
    fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Error>;
}

/// A layout or archive that is written. Nothing of it is seen by others before
/// [`Writer::finish`], but for blobs of a layout, which are complete when they are seen. One that
/// is dropped leaves nothing half written behind.
pub trait Writer: Send + Sync {
    /// Whether it has this content already, complete.
    fn has(&self, descriptor: &Descriptor) -> bool;

    /// A place for a blob; several may be written at the same time.
    ///
    /// # Errors
    /// No file can be made.
    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn BlobWriter>, Error>;

    /// Adds a manifest, after everything that it refers to.
    ///
    /// # Errors
    /// It cannot be written.
    fn manifest(&self, manifest: &Manifest) -> Result<(), Error>;

    /// Names the images and makes everything visible at once. What a layout named before stays,
    /// but for the same names.
    ///
    /// # Errors
    /// It cannot be written.
    fn finish(&self, entries: &[Entry]) -> Result<(), Error>;
}

/// The content of one blob on its way into a file. Dropped before [`BlobWriter::commit`], it
/// leaves nothing behind.
pub trait BlobWriter: Send {
    /// The next bytes. Whether they are right has been or is being checked by the caller.
    ///
    /// # Errors
    /// The file cannot be written.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// All bytes are there, and right.
    ///
    /// # Errors
    /// The file cannot be written.
    fn commit(self: Box<Self>) -> Result<(), Error>;
}

/// Opens an OCI layout.
///
/// # Errors
/// It is not one, or its index cannot be read.
pub fn open_layout(_directory: &Path) -> Result<Box<dyn Reader>, Error> {
    todo!()
}

/// Opens a tar (also in gzip or zstd, also a pipe) of an OCI layout or of `docker save`: what is in
/// it decides. Layers of `docker save` that are not compressed are given as they are.
///
/// # Errors
/// It is neither, or hostile.
pub fn open_archive(_file: &Path) -> Result<Box<dyn Reader>, Error> {
    todo!()
}

/// An OCI layout to write to, made if it is not there.
///
/// # Errors
/// It cannot be made, or there is something else.
pub fn create_layout(_directory: &Path) -> Result<Box<dyn Writer>, Error> {
    todo!()
}

/// A tar of an OCI layout, written beside `file` and renamed to it when finished. With `docker`, it
/// also has the `manifest.json` that `docker load` reads.
///
/// # Errors
/// It cannot be made.
pub fn create_archive(_file: &Path, _docker: bool) -> Result<Box<dyn Writer>, Error> {
    todo!()
}
