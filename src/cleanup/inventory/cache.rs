//! Manifests and configs from run to run. Neither ever changes, so that a look at a repository that
//! was looked at before costs no more than finding out what its tags name.
//!
//! They are kept as they are and checked against their digests whenever they are read: whoever can
//! write to a cache of a CI system can make no index list less than it does. They lie in up to 256
//! files by the first two digits of their digests: caches of CI systems are slow with hundreds of
//! thousands of small files, and one large file would be locked by all. Runs at the same time may
//! share a cache.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::pack::{Found, Pack};
use crate::oci::Digest;

/// The directory below the one that the user named: another form of the files would be another one.
const FORM: &str = "manifests-v1";

/// How many digits the names of the files have.
const DIGITS: usize = 2;

/// A directory of manifests and configs by digest. One that cannot be used costs requests, and
/// nothing else.
pub(super) struct Cache {
    directory: PathBuf,
    packs: Vec<Mutex<Pack>>,
    failure: OnceLock<String>,
}

impl Cache {
    /// A cache below this directory; both are made when they are needed.
    pub(super) fn below(directory: &Path) -> Self {
        let directory = directory.join(FORM);
        let name = |number: u32| format!("{number:0DIGITS$x}.pack");
        let packs = (0..1 << (4 * DIGITS)).map(|number| directory.join(name(number)));
        Self {
            packs: packs.map(|path| Mutex::new(Pack::new(path))).collect(),
            directory,
            failure: OnceLock::new(),
        }
    }

    /// What has this digest, if it is there.
    pub(super) fn get(&self, digest: &Digest) -> Option<Found> {
        let pack = self.pack(digest)?;
        let found = pack
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest);
        self.noted(found)?
    }

    /// Keeps what has this digest.
    pub(super) fn put(&self, digest: &Digest, media_type: &str, content: &[u8]) {
        let Some(pack) = self.pack(digest) else {
            return;
        };
        let mut pack = pack.lock().unwrap_or_else(PoisonError::into_inner);
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory);
        let put = made.and_then(|()| pack.put(digest, media_type, content));
        self.noted(put);
    }

    /// Why it cannot be used, if it cannot.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    fn pack(&self, digest: &Digest) -> Option<&Mutex<Pack>> {
        let number = usize::from_str_radix(digest.hex().get(..DIGITS)?, 16).ok()?;
        self.packs.get(number)
    }

    fn noted<T>(&self, done: io::Result<T>) -> Option<T> {
        done.inspect_err(|error| {
            let what = format!("{}: {error}", self.directory.display());
            self.failure.get_or_init(|| what);
        })
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::PathBuf;

    use super::Cache;
    use crate::oci::Digest;

    /// What is there of some texts, and with which media type.
    fn found(cache: &Cache, texts: &[&str]) -> Vec<Option<String>> {
        let found = texts.iter().map(|text| {
            let found = cache.get(&Digest::of(text.as_bytes()))?;
            assert_eq!(found.bytes, text.as_bytes());
            Some(found.media_type)
        });
        found.collect()
    }

    fn put(cache: &Cache, text: &str) {
        cache.put(&Digest::of(text.as_bytes()), "a/b; c=d", text.as_bytes());
    }

    fn start(text: &str) -> String {
        Digest::of(text.as_bytes()).hex().chars().take(2).collect()
    }

    fn file(directory: &tempfile::TempDir, text: &str) -> PathBuf {
        let name = start(text);
        directory
            .path()
            .join("c/manifests-v1")
            .join(format!("{name}.pack"))
    }

    /// Two texts whose digests begin alike.
    fn alike() -> (String, String) {
        let first = "text 0".to_owned();
        let other = (1..).map(|number| format!("text {number}"));
        let mut other = other.filter(|text| start(text) == start("text 0"));
        (first, other.next().unwrap())
    }

    #[test]
    fn what_was_put_is_found_by_others_and_later() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Cache::below(&directory.path().join("c"));
        let (one, two) = (open(), open());
        let (a, b) = alike();
        assert_eq!(found(&one, &[&a, &b]), [None, None]);
        put(&one, &a);
        put(&two, &b);
        put(&two, &a);
        put(&one, &a);
        let typed = || Some("a/b; c=d".to_owned());
        assert_eq!(found(&one, &[&a]), [typed()]);
        assert_eq!(found(&two, &[&a, &b]), [typed(), typed()]);
        assert_eq!(found(&open(), &[&a, &b, "c"]), [typed(), typed(), None]);
        // Each once.
        let path = file(&directory, &a);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("a/b; c=d").count(), 2, "{text}");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        let parent = path.parent().unwrap().metadata().unwrap();
        assert_eq!(parent.mode() & 0o777, 0o700);
        assert_eq!(one.failure(), None);
    }

    #[test]
    fn what_is_damaged_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Cache::below(&directory.path().join("c"));
        let (a, b) = alike();
        let typed = || Some("a/b; c=d".to_owned());
        put(&open(), &a);
        let path = file(&directory, &a);
        let whole = fs::read_to_string(&path).unwrap();
        let lie = whole.replace(&format!("\n{a}"), &format!("\n{}", "x".repeat(a.len())));
        assert_ne!(lie, whole);
        let cut = whole.get(..whole.len() - 3).unwrap();
        let long = whole.replace(" 6 ", " 4000000000 ");
        let noise = format!("noise\n{whole}");
        for bad in [&lie, cut, &long, "", "\n\n", &noise, &"x".repeat(100_000)] {
            fs::write(&path, bad).unwrap();
            let cache = open();
            assert_eq!(found(&cache, &[&a, &b]), [None, None], "{bad}");
            put(&cache, &a);
            put(&cache, &b);
            assert_eq!(found(&cache, &[&a, &b]), [typed(), typed()], "{bad}");
            assert_eq!(found(&open(), &[&a, &b]), [typed(), typed()], "{bad}");
        }
    }

    #[test]
    fn a_file_that_is_too_long_is_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Cache::below(&directory.path().join("c"));
        let (a, b) = alike();
        let old = open();
        put(&old, &a);
        let path = file(&directory, &a);
        let mut long = OpenOptions::new().append(true).open(&path).unwrap();
        long.write_all(&vec![b'x'; 9 << 20]).unwrap();
        put(&open(), &b);
        assert!(path.metadata().unwrap().len() < 1000);
        // What somebody else believes to be there is not what is found.
        assert_eq!(found(&old, &[&a]), [None]);
        put(&old, &a);
        assert_eq!(found(&open(), &[&a, &b]).iter().flatten().count(), 2);
    }

    #[test]
    fn a_cache_that_cannot_be_used_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("c");
        fs::write(&place, "a file").unwrap();
        let cache = Cache::below(&place);
        put(&cache, "a");
        assert_eq!(found(&cache, &["a"]), [None]);
        let expected = format!("{}/manifests-v1: ", place.display());
        assert!(cache.failure().unwrap().starts_with(&expected));
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        put(&cache, "a");
        assert_eq!(found(&cache, &["a"]), [Some("a/b; c=d".to_owned())]);
    }
}
