//! Reads archives: tars of OCI layouts, and what `docker save` writes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::super::error::Error;
use super::blobs::too_long;
use super::docker_manifest::{self, Image, MANIFEST, blob_path};
use super::flaw::Flaw;
use super::index::{self, INDEX, OCI_LAYOUT};
use super::reader::StoreReader;
use super::source::{FileSource, Section, Source};
use super::stream::{Form, decompress, spool};
use super::tar_index::TarIndex;
use super::tar_store::TarBlobs;
use super::{Entry, Reader, archive_names, docker};
use crate::oci::{Digest, MAX_MANIFEST};

/// Opens an archive in a file, whatever it is compressed with, or in a pipe.
pub(super) fn open(path: &Path) -> Result<Box<dyn Reader>, Error> {
    read(path, plain(path)?)
}

/// The plain tar that a file holds.
fn plain(path: &Path) -> Result<Arc<dyn Source>, Error> {
    if path == Path::new("-") {
        return spooled(path, io::stdin());
    }
    let flawed = |error| Flaw::Io(error).of(path);
    let file = File::open(path).map_err(flawed)?;
    let kind = file.metadata().map_err(flawed)?;
    if kind.is_dir() {
        let reason = "it is a directory: a layout in a directory is written oci:DIR";
        return Err(Flaw::shape(reason).of(path));
    }
    if !kind.is_file() {
        return spooled(path, file);
    }
    let source = FileSource::new(file.try_clone().map_err(flawed)?).map_err(flawed)?;
    let mut start = [0; 4];
    source.read_at(&mut start, 0).map_err(flawed)?;
    match Form::of(&start) {
        Form::Plain => Ok(Arc::new(source)),
        _ => spooled(path, file),
    }
}

/// Reads something once, from its beginning to its end.
fn spooled(path: &Path, mut content: impl Read + Send + 'static) -> Result<Arc<dyn Source>, Error> {
    let flawed = |error| Flaw::Io(error).of(path);
    let mut start = Vec::new();
    let taken = content.by_ref().take(4).read_to_end(&mut start);
    taken.map_err(flawed)?;
    let form = Form::of(&start);
    let content = io::Cursor::new(start).chain(content);
    let file = spool(path, decompress(form, content))?;
    let source = FileSource::new(file).map_err(super::stream::no_room)?;
    Ok(Arc::new(source))
}

/// Reads a plain tar.
pub(super) fn read(path: &Path, source: Arc<dyn Source>) -> Result<Box<dyn Reader>, Error> {
    let index = TarIndex::read(Arc::clone(&source)).map_err(|flaw| flaw.of(path))?;
    let index = Arc::new(index);
    let images = images(&source, &index).map_err(|flaw| flaw.of(path))?;
    let finder = Arc::clone(&index);
    let find = move |digest: &Digest| finder.find(&blob_path(digest));
    let blobs = TarBlobs::new(Arc::clone(&source), find);
    let layout = layout(&source, &index, images.as_deref(), &blobs);
    if let Some(entries) = layout.map_err(|flaw| flaw.of(path))? {
        return Ok(Box::new(StoreReader::new(path.to_owned(), blobs, entries)));
    }
    let images = images.ok_or_else(|| {
        let reason = "it is no archive of images: it has neither index.json nor manifest.json";
        Flaw::shape(reason).of(path)
    })?;
    let (blobs, entries) = docker::open(path, &source, &index, &images)?;
    Ok(Box::new(StoreReader::new(path.to_owned(), blobs, entries)))
}

/// The images of `manifest.json`, if there is one.
fn images(source: &Arc<dyn Source>, index: &TarIndex) -> Result<Option<Vec<Image>>, Flaw> {
    let bytes = small_file(source, index, MANIFEST)?;
    bytes
        .map(|bytes| docker_manifest::parse(&bytes))
        .transpose()
}

/// The entries of the OCI layout in the archive; `None` if there is none, or what `docker save`
/// says is the better source.
fn layout(
    source: &Arc<dyn Source>,
    index: &TarIndex,
    images: Option<&[Image]>,
    blobs: &impl super::reader::Store,
) -> Result<Option<Vec<Entry>>, Flaw> {
    let Some(json) = small_file(source, index, INDEX)? else {
        return Ok(None);
    };
    match small_file(source, index, OCI_LAYOUT)? {
        Some(version) => index::check_version(&version)?,
        None if images.is_some() => return Ok(None),
        None => {
            return Err(Flaw::shape(
                "it is no OCI layout: it has no file oci-layout",
            ));
        }
    }
    let mut entries = index::parse(&json)?;
    let Some(images) = images else {
        return Ok(Some(entries));
    };
    if images.iter().any(Image::has_made_up_manifest) {
        return Ok(None);
    }
    let usable = archive_names::join(blobs, &mut entries, images)?;
    Ok(usable.then_some(entries))
}

fn small_file(
    source: &Arc<dyn Source>,
    index: &TarIndex,
    name: &str,
) -> Result<Option<Vec<u8>>, Flaw> {
    let Some(span) = index.find(name)? else {
        return Ok(None);
    };
    if span.size > MAX_MANIFEST as u64 {
        return Err(too_long(name));
    }
    let mut bytes = Vec::new();
    Section::new(Arc::clone(source), span, 0).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
