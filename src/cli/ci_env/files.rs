//! Files that the user named: replaced as a whole, or appended to.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::print;
use crate::error::{Explain, Failure};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub(super) struct CannotWrite {
    path: PathBuf,
    source: io::Error,
}

impl Explain for CannotWrite {}

/// Replaces the file's content at once, with mode 0600. What is not a regular file (a pipe, a
/// terminal) is written to as it is.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), CannotWrite> {
    replace_target(path, content).map_err(|source| CannotWrite {
        path: path.to_path_buf(),
        source,
    })
}

fn replace_target(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_path_buf(),
        Err(error) => return Err(error),
    };
    if target.exists() && !target.is_file() {
        return OpenOptions::new()
            .write(true)
            .open(&target)?
            .write_all(content);
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// Appends whole lines to the file, which a CI system made.
pub(super) fn append(path: &Path, content: &[u8]) -> Result<(), CannotWrite> {
    append_lines(path, content).map_err(|source| CannotWrite {
        path: path.to_path_buf(),
        source,
    })
}

fn append_lines(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut text = Vec::with_capacity(content.len() + 1);
    if file.metadata()?.len() > 0 && !ends_with_newline(&mut file)? {
        text.push(b'\n');
    }
    text.extend_from_slice(content);
    file.write_all(&text)
}

/// A previous writer may have left its last line open, which ours would be glued to.
fn ends_with_newline(file: &mut std::fs::File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Prints a path for `. "$(...)"`.
pub(super) fn print_path(path: &Path) -> Result<(), Failure> {
    let mut line = path.as_os_str().as_encoded_bytes().to_vec();
    line.push(b'\n');
    print(&line)
}
