//! A file with names of images.

use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use crate::deploy::images::Unreadable;
use crate::error::{Exit, Explain};
use crate::oci::BadReference;

/// More than any manifest has, in bytes: that of a whole cluster has a few million.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// What standard input is called.
pub(super) const STDIN: &str = "-";

/// A file that cannot be read, understood or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("cannot read {name}")]
    Read { name: String, source: io::Error },
    #[error("cannot write {name}")]
    Write { name: String, source: io::Error },
    #[error("{name} is no YAML")]
    Form {
        name: String,
        source: Unreadable,
        is_template: bool,
    },
    #[error("{name}:{line}")]
    Name {
        name: String,
        line: usize,
        source: BadReference,
    },
    #[error("several files cannot be printed as one")]
    Several,
    #[error("standard input cannot be written in place")]
    Stdin,
    #[error("{0} images are not pinned to a digest")]
    Unpinned(usize),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Form {
                is_template: true, ..
            } => "render the template first: `helm template ... | dockside resolve -f -`".into(),
            Self::Name { source, .. } => source.hint()?,
            Self::Several => "write them with --in-place".into(),
            Self::Stdin => "leave --in-place out, and take the result from standard output".into(),
            Self::Unpinned(_) => "pin them with `dockside resolve --in-place -f FILE`".into(),
            Self::Read { .. } | Self::Write { .. } | Self::Form { .. } => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Several | Self::Stdin => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

/// Reads a file, or standard input.
pub(super) fn read(name: &str) -> Result<String, Error> {
    let failed = |source| Error::Read {
        name: name.to_owned(),
        source,
    };
    let mut text = String::new();
    let read = match name {
        STDIN => io::stdin()
            .lock()
            .take(MAX_SIZE + 1)
            .read_to_string(&mut text),
        path => std::fs::File::open(path)
            .and_then(|file| file.take(MAX_SIZE + 1).read_to_string(&mut text)),
    };
    let size = read.map_err(failed)?;
    if size as u64 > MAX_SIZE {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(text)
}

/// Replaces a file in one step; it keeps its mode, and a link stays one.
pub(super) fn write(name: &str, text: &str) -> Result<(), Error> {
    let replace = || {
        let path: PathBuf = std::fs::canonicalize(name)?;
        let metadata = path.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let directory = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(metadata.permissions())?;
        file.persist(&path)?;
        Ok(())
    };
    replace().map_err(|source| Error::Write {
        name: name.to_owned(),
        source,
    })
}
