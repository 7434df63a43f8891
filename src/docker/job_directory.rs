//! The directory of one job: found by all its steps, and by nobody else.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::file;
use super::lock::Lock;
use super::origin::Origin;
use super::place::{Places, owner_by_name};
use super::record::Record;
use super::subject::Subject;

/// The docker config directory within the job's.
const DOCKER: &str = "docker";

/// How often a directory that somebody removes at that moment is made anew. Two or three
/// times happen; the bound is there so that no fault of a file system makes it go on for ever.
const ATTEMPTS: u32 = 10_000;

/// The directory of one job, of mode 0700.
#[derive(Debug)]
pub struct JobDirectory {
    path: PathBuf,
}

impl JobDirectory {
    /// Finds the job's directory, or makes it.
    ///
    /// # Errors
    /// It cannot be made, or something else is in its place.
    pub fn open(subject: &Subject<'_>, places: &Places) -> Result<Self, Error> {
        let name = subject.directory_name();
        for _ in 0..ATTEMPTS {
            let path = match existing(&name, places) {
                Some(path) => path,
                None => places.make()?.join(&name),
            };
            match file::create_new_directory(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(Error::write(&path)(error));
                }
                _ => {}
            }
            let _lock = match Lock::wait(&path) {
                Ok(lock) if lock.is_at(&path) => lock,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::lock(&path)(error)),
            };
            if !file::is_private_directory(&path) {
                return Err(Error::NotPrivate { path });
            }
            match Record::read(&path).map_err(Error::read(&path))? {
                Some(_) => Record::touch(&path),
                None => subject.record().write(&path),
            }
            .map_err(Error::write(&path))?;
            let docker = path.join(DOCKER);
            file::create_directory(&docker).map_err(Error::write(&docker))?;
            return Ok(Self { path });
        }
        Err(Error::Vanished { path: name.into() })
    }

    /// Finds the job's directory without making it.
    ///
    /// # Errors
    /// There is one, but it cannot be read.
    pub fn find(subject: &Subject<'_>, places: &Places) -> Result<Option<Self>, Error> {
        let Some(path) = existing(&subject.directory_name(), places) else {
            return Ok(None);
        };
        let record = Record::read(&path).map_err(Error::read(&path))?;
        Ok(record.map(|_| Self { path }))
    }

    /// The job's directory that a docker config directory belongs to, if it belongs to one of
    /// this user's.
    pub fn containing(docker_config: &Path) -> Option<Self> {
        let path = docker_config.parent()?;
        let inside = docker_config.file_name()? == DOCKER && file::is_private_directory(path);
        inside.then(|| Record::read(path).ok().flatten())??;
        Some(Self {
            path: path.to_owned(),
        })
    }

    /// Whether a docker config directory belonged to a job of this user's, and was removed.
    pub(super) fn is_gone(docker_config: &Path) -> bool {
        let is_of_job = docker_config.file_name().is_some_and(|name| name == DOCKER);
        let base = docker_config.ancestors().nth(2).and_then(Path::file_name);
        let owner = base.and_then(|name| owner_by_name(name.to_str()?));
        is_of_job && owner == Some(file::user()) && !docker_config.exists()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The job's docker config directory.
    pub fn docker_config(&self) -> PathBuf {
        self.path.join(DOCKER)
    }

    /// Writes a file of mode 0600 in one step, and says where it is.
    ///
    /// # Errors
    /// `name` is not a plain file name, or the file cannot be written.
    pub fn write_private(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let mut parts = Path::new(name).components();
        if !matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        ) {
            return Err(Error::BadFileName {
                name: name.to_owned(),
            });
        }
        let path = self.path.join(name);
        file::replace(&path, bytes).map_err(Error::write(&path))?;
        Ok(path)
    }

    /// Removes it with everything in it, unless it is gone already. For everybody else it is
    /// gone at once.
    ///
    /// # Errors
    /// Something could not be removed.
    pub fn remove(self) -> Result<(), Error> {
        let _lock = match Lock::wait(&self.path) {
            Ok(lock) if lock.is_at(&self.path) => lock,
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::lock(&self.path)(error)),
        };
        remove_tree(&self.path).map_err(Error::remove(&self.path))
    }

    /// Notes that the job uses it, for [`super::host_cleanup`], which goes by age as well.
    pub(super) fn touch(&self) {
        // Without the note the directory only seems older, and the job's processes keep it.
        let _ = Record::touch(&self.path);
    }

    /// What its docker directory was made from, so far.
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        Origin::read(&self.path).map_err(Error::read(&self.path))
    }

    /// Notes what its docker directory was made from.
    pub(super) fn set_origin(&self, origin: &Origin) -> Result<(), Error> {
        origin.write(&self.path).map_err(Error::write(&self.path))
    }

    /// The user's docker directory that its own was made from, if that is known.
    pub(super) fn source(&self) -> Option<PathBuf> {
        self.origin().ok()?.source()
    }
}

/// One that exists wins over making one, whatever names somebody else takes meanwhile.
fn existing(name: &str, places: &Places) -> Option<PathBuf> {
    places
        .existing()
        .map(|directory| directory.join(name))
        .find(|path| file::is_private_directory(path))
}

/// Moves a directory out of sight, then removes it; links in it are removed, not followed. A
/// kill in between leaves a directory without a record, which the next clean-up removes.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let aside = tempfile::Builder::new()
        .prefix(".removed-")
        .tempdir_in(parent)?;
    std::fs::rename(path, aside.path().join(name))?;
    aside.close()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::thread;

    use super::JobDirectory;
    use crate::ci::Identity;
    use crate::docker::{Error, Places, Subject, file};
    use crate::env::Env;

    fn places(shared: &Path) -> Places {
        Places::new(None, None, &Env::from_iter([("TMPDIR", shared)]))
    }

    fn identity(job: &str) -> Identity {
        Identity(vec![("CI_JOB_ID".to_owned(), job.into())])
    }

    fn subject(identity: &Identity) -> Subject<'_> {
        Subject {
            system: "gitlab",
            identity,
            job_processes: &[],
            may_idle: false,
        }
    }

    #[test]
    fn the_steps_of_a_job_meet_and_other_jobs_do_not() {
        let shared = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let (one, two) = (identity("1"), identity("2"));
        assert!(
            JobDirectory::find(&subject(&one), &places)
                .unwrap()
                .is_none()
        );
        let first = JobDirectory::open(&subject(&one), &places).unwrap();
        let again = JobDirectory::open(&subject(&one), &places).unwrap();
        let other = JobDirectory::open(&subject(&two), &places).unwrap();
        assert_eq!(first.path(), again.path());
        assert_ne!(first.path(), other.path());
        let found = JobDirectory::find(&subject(&one), &places)
            .unwrap()
            .unwrap();
        assert_eq!(found.path(), first.path());
        let containing = JobDirectory::containing(&first.docker_config()).unwrap();
        assert_eq!(containing.path(), first.path());
        assert!(JobDirectory::containing(first.path()).is_none());
        assert!(JobDirectory::containing(shared.path()).is_none());
        let none = Identity::default();
        let session = JobDirectory::open(&subject(&none), &places).unwrap();
        let same = JobDirectory::open(&subject(&none), &places).unwrap();
        assert_eq!(session.path(), same.path());
        first.remove().unwrap();
        again.remove().unwrap();
        assert!(
            JobDirectory::find(&subject(&one), &places)
                .unwrap()
                .is_none()
        );
        assert!(other.path().is_dir());
    }

    #[test]
    fn everything_in_it_is_private() {
        let shared = tempfile::tempdir().unwrap();
        let one = identity("1");
        let job = JobDirectory::open(&subject(&one), &places(shared.path())).unwrap();
        let secret = job.write_private("secrets.sh", b"x").unwrap();
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(job.path()), 0o700);
        assert_eq!(mode(&job.docker_config()), 0o700);
        assert_eq!(mode(&job.path().join("job.json")), 0o600);
        assert_eq!(mode(&secret), 0o600);
        for name in ["", "..", ".", "a/b", "/etc/passwd"] {
            assert!(matches!(
                job.write_private(name, b""),
                Err(Error::BadFileName { .. })
            ));
        }
    }

    #[test]
    fn many_first_steps_at_once_make_one_directory() {
        let shared = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let one = identity("1");
        let mut paths: Vec<_> = thread::scope(|scope| {
            let steps: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| JobDirectory::open(&subject(&one), &places).unwrap()))
                .collect();
            steps
                .into_iter()
                .map(|step| step.join().unwrap().path().to_owned())
                .collect()
        });
        paths.dedup();
        assert_eq!(paths.len(), 1);
    }

    #[test]
    fn making_and_removing_at_once_never_fails_half_way() {
        let shared = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let one = identity("1");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        match JobDirectory::open(&subject(&one), &places) {
                            Ok(job) => job.remove().unwrap(),
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                });
            }
        });
        let base = shared.path().join(format!("dockside-{}", file::user()));
        assert_eq!(fs::read_dir(base).unwrap().count(), 0);
    }

    #[test]
    fn a_name_taken_later_does_not_hide_the_directory() {
        let shared = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let one = identity("1");
        let base = |end: &str| {
            shared
                .path()
                .join(format!("dockside-{}{end}", file::user()))
        };
        symlink("/nowhere", base("")).unwrap();
        let job = JobDirectory::open(&subject(&one), &places).unwrap();
        assert_eq!(job.path().parent().unwrap(), base(".1"));
        fs::remove_file(base("")).unwrap();
        let again = JobDirectory::open(&subject(&one), &places).unwrap();
        assert_eq!(again.path(), job.path());
    }

    #[test]
    fn removing_follows_no_link() {
        let shared = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "").unwrap();
        let one = identity("1");
        let job = JobDirectory::open(&subject(&one), &places(shared.path())).unwrap();
        symlink(outside.path(), job.docker_config().join("link")).unwrap();
        job.remove().unwrap();
        assert!(outside.path().join("kept").is_file());
    }
}
