//! This program under the name that docker and podman start as the helper `dockside`.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::file;
use super::job_directory::JobDirectory;
use crate::env::Env;

/// The directory within the job's.
const DIRECTORY: &str = "bin";

/// The name.
const NAME: &str = "docker-credential-dockside";

/// Makes sure that docker and podman find this program in a job: says the directory to put first
/// on `PATH`, or `None` where what they find there already is this program, put there by others.
///
/// # Errors
/// The directory or the link in it cannot be made, or cannot be on any `PATH`.
pub fn offer_helper(job: &JobDirectory, env: &Env) -> Result<Option<PathBuf>, Error> {
    let directory = job.path().join(DIRECTORY);
    let program = std::env::current_exe().map_err(Error::read(Path::new(NAME)))?;
    let program = program.canonicalize().unwrap_or(program);
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let path = env.os("PATH").unwrap_or_default();
    // Docker takes no helper from a directory that depends on where it is started.
    let found = std::env::split_paths(path)
        .filter(|other| other.is_absolute() && *other != directory)
        .map(|other| other.join(&file))
        .find(|candidate| candidate.is_file());
    if found.and_then(|found| found.canonicalize().ok()) == Some(program.clone()) {
        return Ok(None);
    }
    let is_line = !directory.as_os_str().as_encoded_bytes().contains(&b'\n');
    if std::env::join_paths([&directory]).is_err() || !is_line {
        return Err(Error::NotOnPath { path: directory });
    }
    file::create_directory(&directory).map_err(Error::write(&directory))?;
    let link = directory.join(file);
    if link.canonicalize().ok() != Some(program.clone()) {
        place(&program, &link).map_err(Error::write(&link))?;
    }
    Ok(Some(directory))
}

/// `PATH` with a directory before all others, where it may be already; `None` without any, since a
/// `PATH` of this one directory would hide everything else.
pub fn path_with(directory: &Path, env: &Env) -> Option<OsString> {
    let path = env.os("PATH")?;
    if std::env::split_paths(path).next().as_deref() == Some(directory) {
        return Some(path.to_owned());
    }
    let mut first = directory.as_os_str().to_owned();
    first.push(if cfg!(windows) { ";" } else { ":" });
    first.push(path);
    Some(first)
}

/// Puts the link there in one step, for other steps may be starting the program.
#[cfg(unix)]
fn place(program: &Path, link: &Path) -> io::Result<()> {
    let aside = tempfile::Builder::new()
        .prefix(".dockside-")
        .tempdir_in(link.parent().unwrap_or(Path::new(".")))?;
    let made = aside.path().join(NAME);
    std::os::unix::fs::symlink(program, &made)?;
    std::fs::rename(made, link)
}

/// Links are not for everybody there.
#[cfg(not(unix))]
fn place(program: &Path, link: &Path) -> io::Result<()> {
    std::fs::copy(program, link).map(|_| ())
}
