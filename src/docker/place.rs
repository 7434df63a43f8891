//! Where job directories are: in a directory of mode 0700 for each user, which is made inside
//! a directory for temporary files.
//!
//! That holds in directories that a CI system makes for each job as well, since act and some
//! containers name a shared one there. One that the system does not empty is not used: where
//! it is only the job itself knows, so that nobody could clean up what is left in it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::file;
use crate::ci::TempDir;
use crate::env::Env;

/// How many names are tried when somebody else took the first ones.
const NAMES: u32 = 16;

/// The directories in which job directories are looked for, and made in the first that can
/// hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The CI system's directory for the job.
    job: Option<PathBuf>,
    /// The user's wish, else the directory for all temporary files.
    main: PathBuf,
    /// Another one in which job directories may have been left.
    left: Option<PathBuf>,
}

impl Places {
    /// The user's wish (`--tmp-dir`) alone; else the CI system's directory for the job if the
    /// system empties it, then that for all temporary files.
    pub fn new(wish: Option<&Path>, job: Option<&TempDir>, env: &Env) -> Self {
        match wish {
            Some(wish) => Self {
                job: None,
                main: file::absolute(wish),
                left: None,
            },
            None => Self {
                job: job
                    .filter(|job| job.cleaned)
                    .map(|job| file::absolute(&job.path)),
                main: shared(env),
                left: None,
            },
        }
    }

    /// Everywhere that job directories may be left behind.
    pub fn to_clean(wish: Option<&Path>, job: Option<&TempDir>, env: &Env) -> Self {
        Self {
            job: job.map(|job| file::absolute(&job.path)),
            main: shared(env),
            left: wish.map(file::absolute),
        }
    }

    /// Writes a file of mode 0600 that belongs to no job, and says where it is.
    ///
    /// # Errors
    /// There is no place for it.
    pub fn write_private(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.make()?.join(name);
        file::replace(&path, bytes).map_err(Error::write(&path))?;
        Ok(path)
    }

    /// The directories that hold the users' own, without those that do not exist.
    pub(super) fn parents(&self) -> impl Iterator<Item = &Path> {
        self.job
            .iter()
            .chain([&self.main])
            .chain(&self.left)
            .map(PathBuf::as_path)
            .filter(|path| path.is_dir())
    }

    /// The directories of this user that exist.
    pub(super) fn existing(&self) -> impl Iterator<Item = PathBuf> {
        self.parents()
            .flat_map(names)
            .filter(|path| file::is_private_directory(path))
    }

    /// A directory of this user, made if there is none yet.
    pub(super) fn make(&self) -> Result<PathBuf, Error> {
        if let Some(job) = &self.job
            && is_usable(job)
            && let Ok(made) = make_in(job)
        {
            return Ok(made);
        }
        make_in(&self.main)
    }
}

/// Whether what a CI system names for the job is this user's; its last part is made as needed.
fn is_usable(job: &Path) -> bool {
    match job.metadata() {
        Ok(found) => found.is_dir() && file::is_owned(&found, file::user()),
        Err(_) => file::create_new_directory(job).is_ok(),
    }
}

/// The directory for all temporary files.
fn shared(env: &Env) -> PathBuf {
    file::absolute(&env.path("TMPDIR").unwrap_or_else(std::env::temp_dir))
}

/// The names that a user's directory may have.
fn names(parent: &Path) -> impl Iterator<Item = PathBuf> {
    let first = format!("dockside-{}", file::user());
    (0..NAMES).map(move |number| match number {
        0 => parent.join(&first),
        _ => parent.join(format!("{first}.{number}")),
    })
}

/// The user that a directory of this name belongs to, if its owner is who the name says.
pub(super) fn owner_by_name(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("dockside-")?;
    let (user, number) = rest.split_once('.').unwrap_or((rest, "0"));
    number.parse::<u32>().ok()?;
    user.parse().ok()
}

fn make_in(parent: &Path) -> Result<PathBuf, Error> {
    if !parent.is_dir() {
        file::create_directory(parent).map_err(Error::write(parent))?;
    }
    for path in names(parent) {
        match file::create_new_directory(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if file::is_private_directory(&path) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(Error::write(&path)(error)),
        }
    }
    Err(Error::NoPlace {
        parent: parent.to_owned(),
    })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use super::{NAMES, Places, owner_by_name};
    use crate::ci::TempDir;
    use crate::docker::{Error, file};
    use crate::env::Env;

    fn places(shared: &Path) -> Places {
        Places::new(None, None, &Env::from_iter([("TMPDIR", shared)]))
    }

    #[test]
    fn what_somebody_else_made_is_passed_over() {
        let shared = tempfile::tempdir().unwrap();
        let name = |end: &str| {
            shared
                .path()
                .join(format!("dockside-{}{end}", file::user()))
        };
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), name("")).unwrap();
        fs::create_dir(name(".1")).unwrap();
        fs::set_permissions(name(".1"), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(name(".2"), "").unwrap();
        let places = places(shared.path());
        assert_eq!(places.existing().count(), 0);
        assert_eq!(places.make().unwrap(), name(".3"));
        assert_eq!(places.make().unwrap(), name(".3"));
        assert_eq!(places.existing().collect::<Vec<_>>(), [name(".3")]);
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn when_every_name_is_taken_that_is_an_error() {
        let shared = tempfile::tempdir().unwrap();
        for path in super::names(shared.path()) {
            fs::write(path, "").unwrap();
        }
        assert_eq!(fs::read_dir(shared.path()).unwrap().count(), NAMES as usize);
        assert!(matches!(
            places(shared.path()).make(),
            Err(Error::NoPlace { parent }) if parent == shared.path()
        ));
    }

    #[test]
    fn the_wish_comes_first_then_the_job_then_what_is_shared() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let env = Env::from_iter([("TMPDIR", directory.path())]);
        let own = format!("dockside-{}", file::user());
        let job = TempDir {
            path: at("job"),
            cleaned: true,
        };
        let made = Places::new(Some(&at("wish/deep")), Some(&job), &env).make();
        assert_eq!(made.unwrap(), at("wish/deep").join(&own));
        let made = Places::new(None, Some(&job), &env).make();
        assert_eq!(made.unwrap(), at("job").join(&own));
        let unusable = TempDir {
            path: at("none/below"),
            cleaned: true,
        };
        let made = Places::new(None, Some(&unusable), &env).make();
        assert_eq!(made.unwrap(), at(&own));
    }

    #[test]
    fn what_the_ci_system_does_not_empty_is_not_used_but_cleaned_up() {
        let directory = tempfile::tempdir().unwrap();
        let env = Env::from_iter([("TMPDIR", directory.path())]);
        let job = TempDir {
            path: directory.path().join("workspace@tmp"),
            cleaned: false,
        };
        fs::create_dir(&job.path).unwrap();
        let places = Places::new(None, Some(&job), &env);
        assert_eq!(places.parents().collect::<Vec<_>>(), [directory.path()]);
        let places = Places::to_clean(None, Some(&job), &env);
        assert_eq!(
            places.parents().collect::<Vec<_>>(),
            [&*job.path, directory.path()]
        );
    }

    #[test]
    fn owners_are_read_from_names() {
        let names = [
            ("dockside-1000", Some(1000)),
            ("dockside-0.3", Some(0)),
            ("dockside-", None),
            ("dockside-1000.x", None),
            ("dockside-../x", None),
            ("docker-1", None),
        ];
        for (name, owner) in names {
            assert_eq!(owner_by_name(name), owner, "{name}");
        }
    }
}
