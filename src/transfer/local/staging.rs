//! Files that are written under another name until they are complete.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

/// The age at which a file that was left behind belongs to no living process. While a blob is
/// written its file changes; no registry keeps silent for a day.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A new file in `directory`, with the permissions that any program's new file has. It is
/// removed when dropped.
pub(super) fn create(directory: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    builder.tempfile_in(directory)
}

/// Removes what killed processes left in `directory`. What cannot be removed does no harm.
pub(super) fn sweep(directory: &Path, prefix: &str) {
    let Ok(files) = fs::read_dir(directory) else {
        return;
    };
    for file in files.flatten() {
        let ours = file
            .file_name()
            .as_encoded_bytes()
            .starts_with(prefix.as_bytes());
        if ours && file.metadata().is_ok_and(|found| is_abandoned(&found)) {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn is_abandoned(file: &fs::Metadata) -> bool {
    let age = file.modified().ok().and_then(|time| time.elapsed().ok());
    file.is_file() && age.is_some_and(|age| age > ABANDONED)
}

/// Puts a file there at once, in place of what was there.
pub(super) fn replace(directory: &Path, prefix: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(directory, prefix)?;
    file.write_all(bytes)?;
    file.persist(directory.join(name))?;
    Ok(())
}

/// Puts a file there at once, unless there is one.
pub(super) fn add(directory: &Path, prefix: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(directory, prefix)?;
    file.write_all(bytes)?;
    match file.persist_noclobber(directory.join(name)) {
        Ok(_) => Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failed.error),
    }
}
