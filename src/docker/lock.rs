//! One process at a time in one directory.
//!
//! The lock is taken on the directory itself (`flock` on its descriptor), so that nothing is
//! left in a directory that belongs to the user. It ends with the process, however that ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The lock file, for file systems that lock no directory: NFS answers a lock on a descriptor
/// that is not open for writing with EBADF (flock(2)), and Windows opens no directory.
const FILE: &str = ".dockside.lock";

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    directory: Option<File>,
    _file: Option<File>,
}

impl Lock {
    /// Waits for the lock of a directory that exists.
    pub(super) fn wait(directory: &Path) -> io::Result<Self> {
        if cfg!(unix) {
            let handle = File::open(directory)?;
            if handle.lock().is_ok() {
                return Ok(Self::on_directory(handle));
            }
        }
        let file = lock_file(directory)?;
        file.lock()?;
        Ok(Self::on_file(file))
    }

    /// Takes the lock if nobody holds it.
    pub(super) fn attempt(directory: &Path) -> io::Result<Option<Self>> {
        if cfg!(unix) {
            let handle = File::open(directory)?;
            match handle.try_lock() {
                Ok(()) => return Ok(Some(Self::on_directory(handle))),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(_)) => {}
            }
        }
        let file = lock_file(directory)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self::on_file(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn on_directory(handle: File) -> Self {
        Self {
            directory: Some(handle),
            _file: None,
        }
    }

    fn on_file(file: File) -> Self {
        Self {
            directory: None,
            _file: Some(file),
        }
    }

    /// Whether the directory that was locked is still the one at `path`: while the lock was
    /// waited for, it may have been removed and made anew.
    #[cfg(unix)]
    pub(super) fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Some(directory) = &self.directory else {
            return path.is_dir();
        };
        match (directory.metadata(), path.symlink_metadata()) {
            (Ok(held), Ok(found)) => (held.dev(), held.ino()) == (found.dev(), found.ino()),
            _ => false,
        }
    }

    /// Whether the directory that was locked is still there.
    #[cfg(not(unix))]
    pub(super) fn is_at(&self, path: &Path) -> bool {
        path.is_dir()
    }
}

fn lock_file(directory: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(directory.join(FILE))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::Lock;

    #[test]
    fn one_at_a_time_and_nothing_left() {
        let directory = tempfile::tempdir().unwrap();
        let held = Lock::wait(directory.path()).unwrap();
        assert!(Lock::attempt(directory.path()).unwrap().is_none());
        drop(held);
        assert!(Lock::attempt(directory.path()).unwrap().is_some());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_file_for_other_file_systems_locks_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let held = super::lock_file(directory.path()).unwrap();
        held.lock().unwrap();
        let other = super::lock_file(directory.path()).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
    }

    #[test]
    fn a_directory_made_anew_is_another() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("job");
        fs::create_dir(&path).unwrap();
        let held = Lock::wait(&path).unwrap();
        assert!(held.is_at(&path));
        fs::rename(&path, parent.path().join("moved")).unwrap();
        assert!(!held.is_at(&path));
        fs::create_dir(&path).unwrap();
        assert!(!held.is_at(&path));
    }
}
