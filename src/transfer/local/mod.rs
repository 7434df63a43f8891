//! Images in files: OCI layouts, archives of them, and what `docker save` writes (OCI image
//! specification 1.1, image-layout.md; moby, image/tarexport).
//!
//! Everything here blocks; the engine calls it from threads that may.

mod archive;
mod archive_names;
mod archive_writer;
mod blobs;
mod compress;
mod docker;
mod docker_manifest;
mod flaw;
mod index;
mod index_update;
mod layout;
mod layout_writer;
mod reader;
mod source;
mod staging;
mod stream;
mod tar_header;
mod tar_index;
mod tar_store;

use std::io::Read;
use std::path::Path;

use super::error::Error;
use crate::oci::{Descriptor, Digest, Manifest};

pub use source::Source;

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

    /// Makes sure that it can name this image, before anything of it is written.
    ///
    /// # Errors
    /// The format has no room for such an image.
    fn accept(&self, manifest: &Manifest) -> Result<(), Error>;

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
pub fn open_layout(directory: &Path) -> Result<Box<dyn Reader>, Error> {
    Ok(Box::new(layout::open(directory)?))
}

/// Opens a tar of an OCI layout or of `docker save`: what is in it decides.
///
/// A plain tar in a file is read in place, nothing is unpacked. What cannot be sought in (gzip,
/// zstd, a pipe, `-` for standard input) is read once, into a temporary file without a name:
/// manifests stand behind the blobs that they list, so the blobs have to be kept until then.
///
/// Layers of `docker save` that are not compressed are given in gzip, as `docker push` would
/// send them; they are compressed here, once, into a temporary file without a name.
///
/// # Errors
/// It is neither, or hostile.
pub fn open_archive(file: &Path) -> Result<Box<dyn Reader>, Error> {
    archive::open(file)
}

/// The same for a plain tar wherever it is; `name` is what errors call it.
///
/// # Errors
/// It is neither, or hostile.
pub fn read_archive(name: &Path, tar: impl Source + 'static) -> Result<Box<dyn Reader>, Error> {
    archive::read(name, std::sync::Arc::new(tar))
}

/// An OCI layout to write to, made if it is not there. It may be [finished](Writer::finish) as
/// often as there are images, and by several processes at the same time.
///
/// # Errors
/// It cannot be made, or there is something else.
pub fn create_layout(directory: &Path) -> Result<Box<dyn Writer>, Error> {
    Ok(Box::new(layout_writer::LayoutWriter::create(directory)?))
}

/// A tar of an OCI layout, written beside `file` and renamed to it when finished, which is
/// possible once. With `docker`, it also has the `manifest.json` that `docker load` reads; names
/// are references then.
///
/// # Errors
/// It cannot be made.
pub fn create_archive(file: &Path, docker: bool) -> Result<Box<dyn Writer>, Error> {
    Ok(Box::new(archive_writer::ArchiveWriter::create(
        file, docker,
    )?))
}
