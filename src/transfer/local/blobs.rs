//! `blobs/ALGORITHM/HEX` of a layout on disk.
//!
//! A layout may come from anywhere. What is a symbolic link, a pipe or a device there could make
//! this program read, or wait for, something that the layout does not contain.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::flaw::Flaw;
use super::reader::{Opened, Store};
use super::source::{FileSource, Section, Source as _, Span};
use crate::oci::{Algorithm, Digest, MAX_MANIFEST};

/// The blobs of a layout.
pub(super) struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// The blobs of the layout at `root`.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The size of a blob, if it is there.
    pub(super) fn size(&self, digest: &Digest) -> Result<Option<u64>, Flaw> {
        let directory = self.directory(digest.algorithm())?;
        match fs::symlink_metadata(directory.join(digest.hex())) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the blobs of this algorithm are, there or not.
    pub(super) fn directory(&self, algorithm: Algorithm) -> Result<PathBuf, Flaw> {
        let mut path = self.root.clone();
        for part in ["blobs", algorithm.name()] {
            path.push(part);
            if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
                return Err(link(&path));
            }
        }
        Ok(path)
    }
}

impl Store for Blobs {
    fn open(&self, digest: &Digest, from: u64) -> Result<Option<Opened>, Flaw> {
        let path = self.directory(digest.algorithm())?.join(digest.hex());
        let Some(file) = open_regular(&path)? else {
            return Ok(None);
        };
        let source = FileSource::new(file)?;
        let size = source.size();
        let content = Section::new(std::sync::Arc::new(source), Span { offset: 0, size }, from);
        let bytes = Box::new(content);
        Ok(Some(Opened { size, bytes }))
    }
}

/// Opens a regular file that is no symbolic link; `None` if it is not there.
fn open_regular(path: &Path) -> Result<Option<File>, Flaw> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without NONBLOCK the opening of a pipe waits for a writer.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            return Err(link(path));
        }
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.is_file() {
        Ok(Some(file))
    } else {
        Err(Flaw::shape(format!("{} is no file", path.display())))
    }
}

/// The whole content of a small file of a layout; `None` if it is not there.
pub(super) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, Flaw> {
    let Some(file) = open_regular(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(MAX_MANIFEST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_MANIFEST {
        let name = path.file_name().unwrap_or_default();
        return Err(too_long(&name.to_string_lossy()));
    }
    Ok(Some(bytes))
}

/// The flaw of a JSON file that is longer than any that means well.
pub(super) fn too_long(name: &str) -> Flaw {
    Flaw::shape(format!("its {name} is longer than 4 MiB"))
}

fn link(path: &Path) -> Flaw {
    Flaw::shape(format!(
        "{} is a symbolic link, which a layout does not have",
        path.display()
    ))
}
