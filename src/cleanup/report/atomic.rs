//! Files that are there as a whole or not at all.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Explain;

/// A report is no secret: CI systems collect it as another user.
const MODE: u32 = 0o644;

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {}", path.display())]
pub struct CannotWrite {
    path: PathBuf,
    source: io::Error,
}

impl Explain for CannotWrite {
    fn hint(&self) -> Option<String> {
        Some("name a file in a directory that this user may write to".to_owned())
    }
}

/// Finds out whether a report can be written, before there is anything to report.
///
/// # Errors
/// It cannot.
pub fn check_writable(path: &Path) -> Result<(), CannotWrite> {
    let fail = |source| CannotWrite {
        path: path.to_owned(),
        source,
    };
    if path.is_dir() {
        return Err(fail(io::ErrorKind::IsADirectory.into()));
    }
    sibling(path).map(drop).map_err(fail)
}

/// Writes a file by way of a temporary one beside it, which then takes its name.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CannotWrite> {
    let write = || {
        let mut file = sibling(path)?;
        let mut out = BufWriter::new(file.as_file_mut());
        content(&mut out)?;
        out.flush()?;
        drop(out);
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| CannotWrite {
        path: path.to_owned(),
        source,
    })
}

fn sibling(path: &Path) -> io::Result<NamedTempFile> {
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    tempfile::Builder::new()
        .prefix(".dockside-report-")
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(parent.unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{check_writable, write};

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("report.json");
        fs::write(&path, "before").unwrap();
        let failed = write(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        write(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        // The process's mask may take away more.
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o711, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_known_before() {
        let home = tempfile::tempdir().unwrap();
        check_writable(&home.path().join("new.json")).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        check_writable(home.path()).unwrap_err();
        let error = check_writable(&home.path().join("no/such.json")).unwrap_err();
        let expected = format!(
            "cannot write the report {}/no/such.json",
            home.path().display()
        );
        assert_eq!(error.to_string(), expected);
    }
}
