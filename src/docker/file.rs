//! Files and directories that belong to one user alone.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A docker config, a context or a key is a few kilobytes; what is larger is none of these.
pub(super) const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// The effective user.
#[cfg(unix)]
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The effective user, where users have no numbers.
#[cfg(not(unix))]
pub(super) fn user() -> u32 {
    0
}

/// Whether a file or directory, looked at without following links, is owned by `user` and
/// closed to everybody else.
#[cfg(unix)]
pub(super) fn is_private(found: &Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    is_owned(found, user) && found.mode() & 0o077 == 0
}

/// Where modes are unknown, temporary directories are per user by themselves.
#[cfg(not(unix))]
pub(super) fn is_private(_: &Metadata, _: u32) -> bool {
    true
}

/// Whether a file or directory is owned by `user`.
#[cfg(unix)]
pub(super) fn is_owned(found: &Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.uid() == user
}

/// Where owners are unknown, everything is ours.
#[cfg(not(unix))]
pub(super) fn is_owned(_: &Metadata, _: u32) -> bool {
    true
}

/// Whether `path`, without following a link, is a directory of this user alone.
pub(super) fn is_private_directory(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|found| found.is_dir() && is_private(&found, user()))
}

/// The path for processes that are elsewhere by then; one that cannot be made absolute, since
/// the current directory is gone, stays as it is.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Makes a directory of mode 0700, and its parents.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    private_mode(&mut builder);
    builder.create(path)
}

/// Makes a directory of mode 0700; one that exists is an error, so that whoever made it can be
/// looked at.
pub(super) fn create_new_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    private_mode(&mut builder);
    builder.create(path)
}

#[cfg(unix)]
fn private_mode(builder: &mut DirBuilder) {
    use std::os::unix::fs::DirBuilderExt;
    builder.mode(0o700);
}

#[cfg(not(unix))]
fn private_mode(_: &mut DirBuilder) {}

/// Replaces a file in one step by one of mode 0600.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// The same for a file that must survive a power cut. An existing file keeps its mode and its
/// owner, as docker keeps them (docker/cli `cli/config/configfile/file_unix.go`).
pub(super) fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    if let Ok(existing) = path.metadata() {
        file.as_file().set_permissions(existing.permissions())?;
        keep_owner(file.as_file(), &existing)?;
    }
    persist_durably(file, path)
}

/// The same for a file that is never anything but private: it gets mode 0600 again.
pub(super) fn replace_privately_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    persist_durably(file, path)
}

fn persist_durably(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path)?;
    match path.parent() {
        Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (existing.uid(), existing.gid()) {
        return Ok(());
    }
    fchown(file, Some(existing.uid()), Some(existing.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// A temporary file of mode 0600 in the directory of `path`.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".dockside-")
        .tempfile_in(directory)
}

/// Whether a link at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    Refuse,
}

/// Reads a regular file of reasonable size; pipes, sockets and devices are errors and are not
/// waited for.
pub(super) fn read(path: &Path, links: Links) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    reading_flags(&mut options, links);
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn reading_flags(options: &mut OpenOptions, links: Links) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let mut flags = OFlags::NONBLOCK;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn reading_flags(_: &mut OpenOptions, _: Links) {}

/// The same, with `None` for a file that does not exist.
pub(super) fn read_if_present(path: &Path, links: Links) -> io::Result<Option<Vec<u8>>> {
    match read(path, links) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{Links, create_directory, is_private_directory, read, replace, replace_durably};

    fn mode(path: &std::path::Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let made = directory.path().join("a/b");
        create_directory(&made).unwrap();
        assert_eq!((mode(&made), is_private_directory(&made)), (0o700, true));
        let file = made.join("secret");
        replace(&file, b"1").unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        replace_durably(&file, b"2").unwrap();
        assert_eq!(
            (mode(&file), fs::read(&file).unwrap()),
            (0o640, b"2".to_vec())
        );
        replace(&file, b"3").unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&made, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(!is_private_directory(&made));
    }

    #[test]
    fn only_regular_files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("file"), "text").unwrap();
        symlink("file", at("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(read(&at("link"), Links::Follow).unwrap(), b"text");
        assert!(read(&at("link"), Links::Refuse).is_err());
        assert!(read(&at("pipe"), Links::Follow).is_err());
        assert!(read(directory.path(), Links::Follow).is_err());
    }
}
