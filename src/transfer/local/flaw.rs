//! Why a file is not what it should be, before it is known by which name the user knows it.

use std::io;
use std::path::Path;

use super::super::error::Error;
use crate::oci::{BadContent, BadManifest, Mismatch};

/// Why a layout or archive cannot be used.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It cannot be read or written.
    Io(io::Error),
    /// It is not what it should be.
    Shape(String),
    /// It has other content than a digest says.
    Content(BadContent),
}

impl Flaw {
    /// It is not what it should be, for this reason.
    pub(super) fn shape(reason: impl Into<String>) -> Self {
        Self::Shape(reason.into())
    }

    /// The flaw of the file that the user named.
    pub(super) fn of(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Io(source) => Error::File { path, source },
            Self::Shape(reason) => Error::Layout { path, reason },
            Self::Content(source) => Error::Content { path, source },
        }
    }
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Mismatch> for Flaw {
    fn from(error: Mismatch) -> Self {
        Self::Content(error.into())
    }
}

impl From<BadManifest> for Flaw {
    fn from(error: BadManifest) -> Self {
        Self::Content(error.into())
    }
}
