//! The file that the next step of a job reads digests from.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Explain, Failure};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
struct CannotWrite {
    path: PathBuf,
    source: io::Error,
}

impl Explain for CannotWrite {}

/// Writes the digests, one a line, in place of what the file holds. What is not a regular file (a
/// pipe, a terminal) is written to as it is.
pub(super) fn write(path: &Path, digests: &[String]) -> Result<(), Failure> {
    let content: String = digests.iter().map(|digest| format!("{digest}\n")).collect();
    let written = replace(path, content.as_bytes());
    Ok(written.map_err(|source| CannotWrite {
        path: path.to_owned(),
        source,
    })?)
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(content)
}
