//! Reading and changing a `config.json` so that no process loses what another wrote.

use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::Error;
use super::file::{self, Links};
use super::lock::Lock;

/// The name that docker looks for.
const CONFIG: &str = "config.json";

/// The copy of a job's config for programs that do not know docker's way of saying "no helper
/// for this host".
const AUTH_FILE: &str = "auth.json";

/// Whose the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A job's: after a power cut the job is gone, so nothing waits for the disk.
    Transient,
    /// The user's: what was written must be there after a power cut, and a `config.json` that
    /// is a link is written through to its target, as docker does.
    Durable,
}

/// Reads the config of a directory; one that does not exist is empty.
///
/// # Errors
/// The file cannot be read, or is not a docker config.
pub fn load(directory: &Path) -> Result<Config, Error> {
    load_file(&directory.join(CONFIG))
}

/// Reads a file of the form of `config.json`; one that does not exist is empty.
pub(super) fn load_file(path: &Path) -> Result<Config, Error> {
    let text = file::read_if_present(path, Links::Follow).map_err(Error::read(path))?;
    Config::parse(&text.unwrap_or_default(), &path.display().to_string())
}

/// Changes the config of a directory under the lock that all processes of this program share.
/// The file is replaced in one step; it is not touched if the change changes nothing.
///
/// # Errors
/// The file cannot be read, parsed or written, or the directory not locked.
pub fn update<T>(
    directory: &Path,
    durability: Durability,
    change: impl FnOnce(&mut Config) -> T,
) -> Result<T, Error> {
    let path = match durability {
        Durability::Transient => directory.join(CONFIG),
        Durability::Durable => {
            file::create_directory(directory).map_err(Error::write(directory))?;
            link_target(directory.join(CONFIG))
        }
    };
    let directory = path.parent().unwrap_or(directory);
    let _lock = Lock::wait(directory).map_err(Error::lock(directory))?;
    let before = load_file(&path)?;
    let mut after = before.clone();
    let result = change(&mut after);
    if after == before {
        return Ok(result);
    }
    let bytes = after.to_bytes();
    match durability {
        Durability::Transient => {
            // The other file first: whoever sees the new config finds the new copy, too.
            let copy = auth_file(directory);
            if after.needs_copy() || copy.exists() {
                file::replace(&copy, &after.copy().to_bytes()).map_err(Error::write(&copy))?;
            }
            file::replace(&path, &bytes)
        }
        Durability::Durable => file::replace_durably(&path, &bytes),
    }
    .map_err(Error::write(&path))?;
    Ok(result)
}

/// The file of a job's docker directory that podman, skopeo and helm are to read.
pub(super) fn registry_auth_file(directory: &Path, config: &Config) -> PathBuf {
    if config.needs_copy() {
        auth_file(directory)
    } else {
        directory.join(CONFIG)
    }
}

fn auth_file(directory: &Path) -> PathBuf {
    directory.join(AUTH_FILE)
}

/// What a link leads to, even where nothing is there yet.
fn link_target(path: PathBuf) -> PathBuf {
    if let Ok(target) = path.canonicalize() {
        return target;
    }
    match (path.read_link(), path.parent()) {
        (Ok(target), Some(parent)) => parent.join(target),
        _ => path,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::thread;

    use super::{Durability, load, update};
    use crate::docker::Credential;

    fn names(directory: &std::path::Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn sixty_four_writers_keep_sixty_four_logins() {
        let directory = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for number in 0..64 {
                let directory = directory.path();
                scope.spawn(move || {
                    update(directory, Durability::Transient, |config| {
                        let host = format!("r{number}.example");
                        config.set_login(&host, &Credential::password("u", "p"));
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(load(directory.path()).unwrap().logins().count(), 64);
        assert_eq!(names(directory.path()), ["config.json"]);
    }

    #[test]
    fn nothing_is_written_when_nothing_changes() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.json");
        fs::write(&file, "{ \"auths\":{} }").unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        update(directory.path(), Durability::Durable, |_| ()).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().ino(), before);
        assert_eq!(fs::read(&file).unwrap(), b"{ \"auths\":{} }");
    }

    #[test]
    fn a_link_of_the_user_is_written_through() {
        let directory = tempfile::tempdir().unwrap();
        let (home, real) = (directory.path().join("home"), directory.path().join("real"));
        fs::create_dir(&home).unwrap();
        fs::create_dir(&real).unwrap();
        symlink("../real/shared.json", home.join("config.json")).unwrap();
        for user in ["first", "second"] {
            update(&home, Durability::Durable, |config| {
                config.set_login("a.example", &Credential::password(user, "p"));
            })
            .unwrap();
        }
        assert!(home.join("config.json").is_symlink());
        assert_eq!(names(&real), ["shared.json"]);
        let found = load(&home).unwrap().credential("a.example").unwrap();
        assert_eq!(found.username, "second");
    }

    #[test]
    fn a_link_in_a_job_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let shared = directory.path().join("shared.json");
        fs::write(&shared, "{}").unwrap();
        let job = directory.path().join("job");
        fs::create_dir(&job).unwrap();
        symlink(&shared, job.join("config.json")).unwrap();
        update(&job, Durability::Transient, |config| {
            config.set_login("a.example", &Credential::password("u", "p"));
        })
        .unwrap();
        assert_eq!(fs::read(&shared).unwrap(), b"{}");
        let made = fs::symlink_metadata(job.join("config.json")).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o600);
        assert!(made.is_file());
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.json");
        fs::write(&file, "{\"auths\": {").unwrap();
        let error = update(directory.path(), Durability::Durable, |config| {
            config.set_login("a.example", &Credential::password("u", "p"));
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}:1:11: not JSON: EOF while parsing an object",
                file.display()
            )
        );
        assert_eq!(fs::read(&file).unwrap(), b"{\"auths\": {");
    }
}
