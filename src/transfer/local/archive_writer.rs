//! Writes a tar of an OCI layout.
//!
//! Sizes are known beforehand, so each blob is given its place in the file at once, and all are
//! written there at the same time. The header of a blob is written when the blob is complete. A
//! place whose blob failed is given to the next attempt at it, or is declared unused at the end.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tar::{Builder, Header};
use tempfile::NamedTempFile;

use super::super::error::Error;
use super::docker_manifest::{self, MANIFEST, blob_path};
use super::flaw::Flaw;
use super::index::{INDEX, OCI_LAYOUT, OCI_LAYOUT_CONTENT, REF_NAME};
use super::index_update::{listed, update};
use super::layout_writer::check_size;
use super::reader::read_manifest;
use super::source::{FileSource, Span, write_at};
use super::tar_header::BLOCK;
use super::tar_store::TarBlobs;
use super::{BlobWriter, Entry, Writer, staging};
use crate::oci::{Descriptor, Digest, Manifest, ManifestContent};

/// Writes an archive.
pub(super) struct ArchiveWriter {
    target: PathBuf,
    docker: bool,
    parts: Arc<Parts>,
}

/// What the writers of blobs share.
struct Parts {
    target: PathBuf,
    file: File,
    plan: Mutex<Plan>,
}

/// What is where in the file.
struct Plan {
    /// The file, until it is finished.
    staged: Option<NamedTempFile>,
    /// Where the next entry begins.
    end: u64,
    /// The content of complete blobs.
    blobs: HashMap<Digest, Span>,
    /// How many blobs are being written.
    open: usize,
    /// Places, with room for their headers, whose blobs failed.
    unused: Vec<(Digest, Span)>,
}

impl ArchiveWriter {
    /// A writer of the archive `target`.
    pub(super) fn create(target: &Path, docker: bool) -> Result<Self, Error> {
        Self::stage(target, docker).map_err(|flaw| flaw.of(target))
    }

    fn stage(target: &Path, docker: bool) -> Result<Self, Flaw> {
        let name = target
            .file_name()
            .ok_or_else(|| Flaw::shape("it is no name of a file"))?;
        if target == Path::new("-") {
            return Err(Flaw::shape(
                "an archive is written to a file: give its name",
            ));
        }
        if target.is_dir() {
            return Err(Flaw::shape("it is a directory"));
        }
        // What is there is replaced, which a device must not be.
        if target.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(Flaw::shape("it is there already, and is no regular file"));
        }
        let directory = directory(target);
        let prefix = format!(".{}.dockside-", name.to_string_lossy());
        staging::sweep(directory, &prefix);
        let staged = staging::create(directory, &prefix)?;
        let parts = Arc::new(Parts {
            target: target.to_owned(),
            file: staged.as_file().try_clone()?,
            plan: Mutex::new(Plan {
                staged: Some(staged),
                end: 0,
                blobs: HashMap::new(),
                open: 0,
                unused: Vec::new(),
            }),
        });
        let writer = Self {
            target: target.to_owned(),
            docker,
            parts,
        };
        let mut plan = writer.parts.plan();
        writer.append(&mut plan, OCI_LAYOUT, OCI_LAYOUT_CONTENT.as_bytes())?;
        drop(plan);
        Ok(writer)
    }

    /// Adds a whole file at the end.
    fn append(&self, plan: &mut Plan, name: &str, bytes: &[u8]) -> Result<(), Flaw> {
        let mut entry = header(name, bytes.len() as u64)?;
        entry.extend_from_slice(bytes);
        entry.resize(entry.len().next_multiple_of(BLOCK as usize), 0);
        write_at(&self.parts.file, &entry, plan.end)?;
        plan.end += entry.len() as u64;
        Ok(())
    }

    fn blob_writer(&self, descriptor: &Descriptor) -> Result<ArchiveBlob, Flaw> {
        let header = header(&blob_path(&descriptor.digest), descriptor.size)?;
        let length = header.len() as u64 + descriptor.size.next_multiple_of(BLOCK);
        let mut plan = self.parts.plan();
        let failed = plan
            .unused
            .iter()
            .position(|(digest, place)| *digest == descriptor.digest && place.size == length);
        let place = match failed {
            Some(failed) => plan.unused.swap_remove(failed).1,
            None => plan.reserve(length),
        };
        plan.open += 1;
        Ok(ArchiveBlob {
            parts: Arc::clone(&self.parts),
            descriptor: descriptor.clone(),
            header,
            place,
            written: 0,
            complete: false,
        })
    }

    fn complete(&self, entries: &[Entry]) -> Result<(), Flaw> {
        let mut plan = self.parts.plan();
        if plan.open > 0 {
            return Err(Flaw::shape("blobs are still being written to it"));
        }
        let unused = std::mem::take(&mut plan.unused);
        for (_, place) in unused {
            let header = header(&format!("unused/{}", place.offset), place.size - BLOCK)?;
            write_at(&self.parts.file, &header, place.offset)?;
        }
        let mut images = Vec::new();
        let mut added = Vec::new();
        for entry in entries {
            if !plan.blobs.contains_key(&entry.descriptor.digest) {
                let digest = &entry.descriptor.digest;
                return Err(Flaw::shape(format!("the manifest {digest} is not in it")));
            }
            let image = match self.docker {
                true => self.docker_image(&plan, entry)?,
                false => None,
            };
            if image.is_some() {
                added.extend(listed(entry, docker_manifest::annotate));
            } else {
                added.extend(listed(entry, |name, annotations| {
                    annotations.insert(REF_NAME.to_owned(), name.to_owned());
                }));
            }
            images.extend(image);
        }
        self.append(&mut plan, INDEX, &update(None, &added)?)?;
        if self.docker {
            let images = serde_json::to_vec(&images).map_err(std::io::Error::from)?;
            self.append(&mut plan, MANIFEST, &images)?;
        }
        // Two blocks of zeros are the end of a tar.
        self.parts.file.set_len(plan.end + 2 * BLOCK)?;
        let staged = plan.staged.take();
        let staged = staged.ok_or_else(|| Flaw::shape("it is finished already"))?;
        staged
            .persist(&self.target)
            .map_err(|failed| failed.error)?;
        Ok(())
    }

    /// What `docker load` has to know of an entry. What goes with an image, such as a signature,
    /// is nothing to load.
    fn docker_image(
        &self,
        plan: &Plan,
        entry: &Entry,
    ) -> Result<Option<docker_manifest::Written>, Flaw> {
        let mut manifest = self.read_back(plan, &entry.descriptor)?;
        let is_attached = entry.names.is_empty() && manifest.subject.is_some();
        match &manifest.content {
            ManifestContent::Index(children) if !is_attached => {
                let image = docker_manifest::image_of(manifest.digest(), children)?;
                manifest = self.read_back(plan, image)?;
            }
            _ if is_attached || !docker_manifest::is_image(&manifest) => return Ok(None),
            _ => {}
        }
        docker_manifest::image(&entry.names, &manifest).map(Some)
    }

    /// A manifest that has been written.
    fn read_back(&self, plan: &Plan, descriptor: &Descriptor) -> Result<Manifest, Flaw> {
        let source = FileSource::new(self.parts.file.try_clone()?)?;
        let span = plan.blobs.get(&descriptor.digest).copied();
        let store = TarBlobs::new(Arc::new(source), move |_: &Digest| Ok(span));
        let manifest = read_manifest(&store, descriptor)?;
        let digest = &descriptor.digest;
        manifest.ok_or_else(|| Flaw::shape(format!("the manifest {digest} is not in it")))
    }
}

impl Writer for ArchiveWriter {
    fn has(&self, descriptor: &Descriptor) -> bool {
        let plan = self.parts.plan();
        let found = plan.blobs.get(&descriptor.digest);
        found.is_some_and(|span| span.size == descriptor.size)
    }

    fn accept(&self, manifest: &Manifest) -> Result<(), Error> {
        let accepted = match self.docker {
            true => docker_manifest::check(manifest),
            false => Ok(()),
        };
        accepted.map_err(|flaw| flaw.of(&self.target))
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn BlobWriter>, Error> {
        match self.blob_writer(descriptor) {
            Ok(writer) => Ok(Box::new(writer)),
            Err(flaw) => Err(flaw.of(&self.target)),
        }
    }

    fn manifest(&self, manifest: &Manifest) -> Result<(), Error> {
        let descriptor = manifest.descriptor();
        if self.has(&descriptor) {
            return Ok(());
        }
        let mut writer = self.blob(&descriptor)?;
        writer.write(manifest.bytes())?;
        writer.commit()
    }

    fn finish(&self, entries: &[Entry]) -> Result<(), Error> {
        self.complete(entries).map_err(|flaw| flaw.of(&self.target))
    }
}

impl Parts {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Plan {
    fn reserve(&mut self, size: u64) -> Span {
        let offset = self.end;
        self.end += size;
        Span { offset, size }
    }
}

/// A blob on its way into an archive.
struct ArchiveBlob {
    parts: Arc<Parts>,
    descriptor: Descriptor,
    header: Vec<u8>,
    /// Of header and content.
    place: Span,
    written: u64,
    complete: bool,
}

impl ArchiveBlob {
    fn content(&self) -> Span {
        Span {
            offset: self.place.offset + self.header.len() as u64,
            size: self.descriptor.size,
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        let at = self.content().offset + self.written;
        self.written += bytes.len() as u64;
        // What follows belongs to another blob.
        if self.written > self.descriptor.size {
            check_size(&self.descriptor, self.written)?;
        }
        write_at(&self.parts.file, bytes, at)?;
        Ok(())
    }

    fn seal(&mut self) -> Result<(), Flaw> {
        check_size(&self.descriptor, self.written)?;
        let mut plan = self.parts.plan();
        if plan.blobs.contains_key(&self.descriptor.digest) {
            return Ok(());
        }
        write_at(&self.parts.file, &self.header, self.place.offset)?;
        plan.blobs
            .insert(self.descriptor.digest.clone(), self.content());
        drop(plan);
        self.complete = true;
        Ok(())
    }
}

impl BlobWriter for ArchiveBlob {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let put = self.put(bytes);
        put.map_err(|flaw| flaw.of(&self.parts.target))
    }

    fn commit(mut self: Box<Self>) -> Result<(), Error> {
        let sealed = self.seal();
        sealed.map_err(|flaw| flaw.of(&self.parts.target))
    }
}

impl Drop for ArchiveBlob {
    fn drop(&mut self) {
        let mut plan = self.parts.plan();
        plan.open -= 1;
        if !self.complete {
            let failed = (self.descriptor.digest.clone(), self.place);
            plan.unused.push(failed);
        }
    }
}

/// The header of a file, the same whenever and by whomever it is written; of more than one block
/// where the name is long.
fn header(name: &str, size: u64) -> Result<Vec<u8>, Flaw> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let mut tar = Builder::new(Vec::new());
    // No content: only the headers are taken from here.
    tar.append_data(&mut header, name, std::io::empty())?;
    Ok(tar.get_ref().clone())
}

fn directory(target: &Path) -> &Path {
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
