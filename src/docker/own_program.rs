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
/// on `PATH`, or `None` where what they find there already is this program.
///
/// # Errors
/// The directory or the link in it cannot be made.
pub fn offer_helper(job: &JobDirectory, env: &Env) -> Result<Option<PathBuf>, Error> {
    let directory = job.path().join(DIRECTORY);
    let program = std::env::current_exe().map_err(Error::read(Path::new(NAME)))?;
    let program = program.canonicalize().unwrap_or(program);
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let path = env.os("PATH").unwrap_or_default();
    let found = std::env::split_paths(path)
        .map(|directory| directory.join(&file))
        .find(|candidate| candidate.is_file());
    if found.and_then(|found| found.canonicalize().ok()) == Some(program.clone()) {
        return Ok(None);
    }
    file::create_directory(&directory).map_err(Error::write(&directory))?;
    let link = directory.join(file);
    if link.canonicalize().ok() != Some(program.clone()) {
        place(&program, &link).map_err(Error::write(&link))?;
    }
    Ok(Some(directory))
}

/// `PATH` with a directory before all others; `None` without any, since a `PATH` of this one
/// directory would hide everything else.
pub fn path_with(directory: &Path, env: &Env) -> Option<OsString> {
    let mut path = directory.as_os_str().to_owned();
    path.push(if cfg!(windows) { ";" } else { ":" });
    path.push(env.os("PATH")?);
    Some(path)
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
