//! Removing the directories that dead jobs left on a host.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::Error;
use super::file;
use super::job_directory::remove_tree;
use super::liveness::{Host, Liveness};
use super::lock::Lock;
use super::place::{Places, owner_by_name};
use super::record::Record;

/// What to clean up.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// How long a job must not have used its directory.
    pub older_than: Duration,
    /// Whether to remove also what may belong to a job that cannot be seen from here.
    pub include_unknown: bool,
    /// Whether to remove nothing.
    pub dry_run: bool,
}

/// What became of one job directory.
#[derive(Debug)]
pub struct Cleaned {
    /// The directory.
    pub path: PathBuf,
    /// How long ago its job last used it.
    pub unused: Duration,
    /// What was done.
    pub outcome: Outcome,
}

/// What was done with a job directory, and why.
#[derive(Debug)]
pub enum Outcome {
    /// It was removed.
    Removed(String),
    /// It would have been removed.
    WouldRemove(String),
    /// It was kept.
    Kept(String),
    /// It should have been removed or looked at, but that failed.
    Failed(Error),
}

/// Removes the directories of dead jobs: this user's, or as root everybody's.
///
/// # Errors
/// A directory for temporary files cannot be read.
pub fn host_cleanup(places: &Places, cleanup: &Cleanup) -> Result<Vec<Cleaned>, Error> {
    let host = Host::now();
    let mut report = Vec::new();
    for (path, owner) in bases(places)? {
        // One that vanished, or is not what its name says, is none of ours.
        let Ok(Some(base)) = Base::open(&path, owner) else {
            continue;
        };
        let entries = fs::read_dir(&base.anchor).map_err(Error::read(&path))?;
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let name = PathBuf::from(entry.file_name());
                report.extend(base.clean(&name, &host, cleanup));
            }
        }
    }
    report.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(report)
}

/// The users' directories, and who must own them.
fn bases(places: &Places) -> Result<Vec<(PathBuf, u32)>, Error> {
    let user = file::user();
    let mut bases: Vec<_> = places.existing().map(|path| (path, user)).collect();
    if cfg!(unix) && user == 0 {
        for parent in places.parents() {
            for entry in fs::read_dir(parent).map_err(Error::read(parent))?.flatten() {
                let owner = entry.file_name().to_str().and_then(owner_by_name);
                bases.extend(owner.map(|owner| (entry.path(), owner)));
            }
        }
    }
    bases.sort();
    bases.dedup();
    Ok(bases)
}

/// A user's directory, held open.
struct Base {
    path: PathBuf,
    /// The same directory by its descriptor: its owner may put a link in its place meanwhile,
    /// and root must not follow that.
    anchor: PathBuf,
    _handle: Option<File>,
}

impl Base {
    #[cfg(target_os = "linux")]
    fn open(path: &Path, owner: u32) -> io::Result<Option<Self>> {
        use rustix::fs::OFlags;
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let handle = File::options()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        if !file::is_private(&handle.metadata()?, owner) {
            return Ok(None);
        }
        Ok(Some(Self {
            path: path.to_owned(),
            anchor: format!("/proc/self/fd/{}", handle.as_raw_fd()).into(),
            _handle: Some(handle),
        }))
    }

    #[cfg(not(target_os = "linux"))]
    fn open(path: &Path, owner: u32) -> io::Result<Option<Self>> {
        let own = owner == file::user() && file::is_private_directory(path);
        Ok(own.then(|| Self {
            path: path.to_owned(),
            anchor: path.to_owned(),
            _handle: None,
        }))
    }

    /// Cleans one directory up; `None` for one that vanished meanwhile.
    fn clean(&self, name: &Path, host: &Host, cleanup: &Cleanup) -> Option<Cleaned> {
        let (path, anchored) = (self.path.join(name), self.anchor.join(name));
        let mut cleaned = Cleaned {
            path,
            unused: Duration::ZERO,
            outcome: Outcome::Kept("it is in use at this moment".to_owned()),
        };
        // A step that starts now waits for the lock, and then makes its directory anew.
        let lock = match Lock::attempt(&anchored) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Some(cleaned),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                cleaned.outcome = Outcome::Failed(Error::lock(&cleaned.path)(error));
                return Some(cleaned);
            }
        };
        if !lock.is_at(&anchored) {
            return None;
        }
        let last_use = Record::last_use(&anchored).ok()?;
        // A time in the future is no age.
        cleaned.unused = SystemTime::now()
            .duration_since(last_use)
            .unwrap_or_default();
        cleaned.outcome = self.decide(&anchored, &cleaned, host, cleanup);
        Some(cleaned)
    }

    fn decide(
        &self,
        anchored: &Path,
        cleaned: &Cleaned,
        host: &Host,
        cleanup: &Cleanup,
    ) -> Outcome {
        if cleaned.unused < cleanup.older_than {
            return Outcome::Kept("its job used it not long ago".to_owned());
        }
        let liveness = match Record::read(anchored) {
            Ok(Some(record)) => host.judge(&cleaned.path, &record),
            Ok(None) => Liveness::Dead("it was never finished, or not removed wholly".to_owned()),
            Err(_) => Liveness::Unknown("its job.json cannot be read".to_owned()),
        };
        let reason = match liveness {
            Liveness::Alive(reason) => return Outcome::Kept(reason),
            Liveness::Unknown(reason) if !cleanup.include_unknown => return Outcome::Kept(reason),
            Liveness::Unknown(reason) | Liveness::Dead(reason) => reason,
        };
        if cleanup.dry_run {
            return Outcome::WouldRemove(reason);
        }
        match remove_tree(anchored) {
            Ok(()) => Outcome::Removed(reason),
            Err(error) => Outcome::Failed(Error::remove(&cleaned.path)(error)),
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::{Cleanup, Outcome, host_cleanup};
    use crate::ci::Identity;
    use crate::docker::record::Record;
    use crate::docker::{JobDirectory, Places, Subject, file};
    use crate::env::Env;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn places(shared: &Path) -> Places {
        Places::to_clean(None, None, &Env::from_iter([("TMPDIR", shared)]))
    }

    /// A job's directory that was last used two days ago.
    fn old_job(places: &Places, id: &str, change: impl FnOnce(&mut Record)) -> PathBuf {
        let identity = Identity(vec![("DOCKSIDE_TEST_JOB".to_owned(), id.into())]);
        let subject = Subject {
            system: "gitlab",
            identity: &identity,
            job_processes: &[],
            may_idle: false,
        };
        let job = JobDirectory::open(&subject, places).unwrap();
        let mut record = Record::read(job.path()).unwrap().unwrap();
        change(&mut record);
        record.write(job.path()).unwrap();
        age(&job.path().join("job.json"));
        job.path().to_owned()
    }

    fn age(path: &Path) {
        let before = SystemTime::now() - 2 * DAY;
        File::open(path).unwrap().set_modified(before).unwrap();
    }

    fn dead(record: &mut Record) {
        record.boot_id = Some("another".to_owned());
    }

    fn clean(places: &Places, include_unknown: bool, dry_run: bool) -> Vec<(PathBuf, String)> {
        let cleanup = Cleanup {
            older_than: DAY,
            include_unknown,
            dry_run,
        };
        host_cleanup(places, &cleanup)
            .unwrap()
            .into_iter()
            .map(|cleaned| {
                let outcome = match cleaned.outcome {
                    Outcome::Removed(_) => "removed",
                    Outcome::WouldRemove(_) => "would remove",
                    Outcome::Kept(_) => "kept",
                    Outcome::Failed(error) => panic!("{error}"),
                };
                (cleaned.path, outcome.to_owned())
            })
            .collect()
    }

    #[test]
    fn only_old_directories_of_dead_jobs_are_removed() {
        let shared = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let alive = old_job(&places, "alive", |_| ());
        let gone = old_job(&places, "dead", dead);
        let unseen = old_job(&places, "unseen", |record| record.pid_namespace = None);
        let young = old_job(&places, "young", dead);
        Record::touch(&young).unwrap();
        let half = gone.parent().unwrap().join("gitlab-half");
        fs::create_dir(&half).unwrap();
        age(&half);
        let sorted = |mut all: Vec<(PathBuf, String)>| {
            all.sort();
            all
        };
        let expect = |gone_is: &str, unseen_is: &str| {
            sorted(vec![
                (alive.clone(), "kept".to_owned()),
                (gone.clone(), gone_is.to_owned()),
                (unseen.clone(), unseen_is.to_owned()),
                (young.clone(), "kept".to_owned()),
                (half.clone(), gone_is.to_owned()),
            ])
        };
        assert_eq!(
            clean(&places, true, true),
            expect("would remove", "would remove")
        );
        assert!(gone.is_dir() && half.is_dir());
        assert_eq!(clean(&places, false, false), expect("removed", "kept"));
        assert!(!gone.exists() && !half.exists() && alive.is_dir() && unseen.is_dir());
        assert_eq!(
            clean(&places, true, false),
            sorted(vec![
                (alive, "kept".to_owned()),
                (unseen, "removed".to_owned()),
                (young, "kept".to_owned())
            ])
        );
    }

    #[test]
    fn root_cleans_up_for_everybody_but_follows_no_link() {
        if file::user() != 0 {
            return;
        }
        let shared = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let places = places(shared.path());
        let make = |base: &Path, owner: u32| {
            fs::create_dir_all(base.join("gitlab-old")).unwrap();
            fs::set_permissions(base, fs::Permissions::from_mode(0o700)).unwrap();
            age(&base.join("gitlab-old"));
            chown(base, Some(owner), None).unwrap();
        };
        let theirs = shared.path().join("dockside-4711");
        make(&theirs, 4711);
        let wrong_owner = shared.path().join("dockside-4712");
        make(&wrong_owner, 4713);
        let target = outside.path().join("target");
        make(&target, 4714);
        symlink(&target, shared.path().join("dockside-4714")).unwrap();
        symlink(outside.path(), theirs.join("link")).unwrap();
        assert_eq!(
            clean(&places, false, false),
            [(theirs.join("gitlab-old"), "removed".to_owned())]
        );
        assert!(wrong_owner.join("gitlab-old").is_dir());
        assert!(target.join("gitlab-old").is_dir());
    }
}
