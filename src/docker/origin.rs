//! `origin.json`: what a job's docker directory was made from.
//!
//! It stands beside `job.json`, which is never written again: on ext4 a file that is renamed
//! over another one is flushed to the disk, and that is the dearest call of a job's first use.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use bstr::{ByteSlice, ByteVec};
use serde::{Deserialize, Serialize};

use super::file::{self, Links};

/// The name of the file.
const FILE: &str = "origin.json";

/// What a job's docker directory was made from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The user's docker directory, escaped, because it need not be UTF-8.
    source: Option<String>,
    /// Logins that were taken from there, by a digest that shows whether they were changed.
    pub inherited: BTreeMap<String, String>,
}

impl Origin {
    pub(super) fn new(source: Option<&Path>, inherited: BTreeMap<String, String>) -> Self {
        Self {
            source: source
                .and_then(<[u8]>::from_path)
                .map(|bytes| bytes.escape_bytes().to_string()),
            inherited,
        }
    }

    /// The user's docker directory.
    pub(super) fn source(&self) -> Option<PathBuf> {
        Vec::unescape_bytes(self.source.as_ref()?)
            .into_path_buf()
            .ok()
    }

    /// Reads it from the job's directory; empty when there is none yet.
    pub(super) fn read(directory: &Path) -> io::Result<Self> {
        match file::read_if_present(&directory.join(FILE), Links::Refuse)? {
            Some(text) => Ok(serde_json::from_slice(&text)?),
            None => Ok(Self::default()),
        }
    }

    /// Writes it into the job's directory.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        file::replace(&directory.join(FILE), &text)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::Origin;

    #[test]
    fn a_path_that_is_not_utf8_survives() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Origin::read(directory.path()).unwrap(), Origin::default());
        let source = Path::new(OsStr::from_bytes(b"/home/\xfe\\n"));
        let inherited = BTreeMap::from([("a.example".to_owned(), "digest".to_owned())]);
        let origin = Origin::new(Some(source), inherited);
        origin.write(directory.path()).unwrap();
        let read = Origin::read(directory.path()).unwrap();
        assert_eq!(read, origin);
        assert_eq!(read.source().unwrap(), source);
        fs::write(directory.path().join("origin.json"), "[]").unwrap();
        assert!(Origin::read(directory.path()).is_err());
    }
}
