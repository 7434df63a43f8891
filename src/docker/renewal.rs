//! Logins of a job that end before the job does, and what makes them anew.
//!
//! Each registry has a directory of its own in the job's, with one record in it. The job's config
//! names this program as the registry's credential helper, which gives what the record holds, or
//! has it made anew. Whoever makes it holds the directory's lock, so that of many who ask at once
//! one does; the lock ends with its process, and the record is replaced in one step, so that a
//! kill leaves the old one.

use std::fmt;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::{Credential, Kind};
use super::error::Error;
use super::file::{self, Links};
use super::job_directory::JobDirectory;
use super::lock::Lock;
use crate::secret::Secret;

/// The directory within the job's.
const DIRECTORY: &str = "renewals";

/// The record within a registry's directory.
const FILE: &str = "login.json";

/// The form of the record; one with another number is not understood.
const VERSION: u32 = 1;

/// A login that was made, and what made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Renewal {
    /// The name of what makes it.
    pub exchange: String,
    /// What it was made from, for people; it is made anew from nothing else.
    pub origin: String,
    /// Who one is.
    pub credential: Credential,
    /// Since when.
    pub made: Timestamp,
    /// Until when; `None` where that is not known.
    pub expires: Option<Timestamp>,
    /// Whether the registry may be spoken to in plain HTTP and without verified certificates.
    pub insecure: bool,
}

/// The renewals of one job.
pub struct Renewals {
    directory: PathBuf,
}

/// A registry's record, which nobody else changes meanwhile.
pub struct Held {
    registry: String,
    directory: PathBuf,
    _lock: Lock,
}

/// The record as the file has it. Times are in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    registry: String,
    exchange: String,
    origin: String,
    username: String,
    secret: String,
    identity_token: bool,
    made: i64,
    expires: Option<i64>,
    insecure: bool,
}

/// Why a record is not used. What it holds is not repeated: it may be a secret.
#[derive(Debug)]
struct Strange;

impl fmt::Display for Strange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not a login of this registry that this program has made")
    }
}

impl std::error::Error for Strange {}

impl Renewals {
    /// Those of a job.
    pub fn of(job: &JobDirectory) -> Self {
        Self {
            directory: job.path().join(DIRECTORY),
        }
    }

    /// The record of a registry (`host` or `host:port`, in lower case), if it has one.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn get(&self, registry: &str) -> Result<Option<Renewal>, Error> {
        let path = self.place(registry)?.join(FILE);
        let read = file::read_if_present(&path, Links::Refuse).map_err(Error::read(&path))?;
        let Some(text) = read else {
            return Ok(None);
        };
        let renewal = parse(&text, registry);
        let strange = || Error::read(&path)(io::Error::new(io::ErrorKind::InvalidData, Strange));
        renewal.ok_or_else(strange).map(Some)
    }

    /// The registries that have a record.
    pub fn registries(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten();
        let mut registries: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join(FILE).exists())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .map(|name| name.replace('+', ":"))
            .collect();
        registries.sort();
        registries
    }

    /// Waits until nobody else makes this registry's login.
    ///
    /// # Errors
    /// The directory cannot be made or locked.
    pub fn hold(&self, registry: &str) -> Result<Held, Error> {
        let directory = self.place(registry)?;
        file::create_directory(&directory).map_err(Error::write(&directory))?;
        let lock = Lock::wait(&directory).map_err(Error::lock(&directory))?;
        Ok(Held {
            registry: registry.to_owned(),
            directory,
            _lock: lock,
        })
    }

    /// Forgets a registry, if there is a record; says whether there was one.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self, registry: &str) -> Result<bool, Error> {
        let Ok(directory) = self.place(registry) else {
            return Ok(false);
        };
        if !directory.join(FILE).exists() {
            return Ok(false);
        }
        let held = self.hold(registry)?;
        let path = held.directory.join(FILE);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::remove(&path)(error)),
        }
    }

    /// The directory of a registry: a colon is no part of names on all systems, and a plus is
    /// none of hosts.
    fn place(&self, registry: &str) -> Result<PathBuf, Error> {
        let is_host = registry
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
            && registry.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !is_host {
            return Err(Error::BadFileName {
                name: registry.to_owned(),
            });
        }
        Ok(self.directory.join(registry.replace(':', "+")))
    }
}

impl Held {
    /// Replaces the record.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, renewal: &Renewal) -> Result<(), Error> {
        let record = Record {
            version: VERSION,
            registry: self.registry.clone(),
            exchange: renewal.exchange.clone(),
            origin: renewal.origin.clone(),
            username: renewal.credential.username.clone(),
            secret: renewal.credential.secret.expose().to_owned(),
            identity_token: renewal.credential.kind == Kind::IdentityToken,
            made: renewal.made.as_millisecond(),
            expires: renewal.expires.map(Timestamp::as_millisecond),
            insecure: renewal.insecure,
        };
        // Texts and numbers are always JSON.
        let text = serde_json::to_vec(&record).unwrap_or_default();
        let path = self.directory.join(FILE);
        file::replace(&path, &text).map_err(Error::write(&path))
    }
}

fn parse(text: &[u8], registry: &str) -> Option<Renewal> {
    let record: Record = serde_json::from_slice(text).ok()?;
    if record.version != VERSION || record.registry != registry || record.secret.is_empty() {
        return None;
    }
    let expires = match record.expires {
        Some(expires) => Some(Timestamp::from_millisecond(expires).ok()?),
        None => None,
    };
    Some(Renewal {
        exchange: record.exchange,
        origin: record.origin,
        credential: Credential {
            username: record.username,
            secret: Secret::new(record.secret),
            kind: if record.identity_token {
                Kind::IdentityToken
            } else {
                Kind::Password
            },
        },
        made: Timestamp::from_millisecond(record.made).ok()?,
        expires,
        insecure: record.insecure,
    })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use jiff::Timestamp;

    use super::{Renewal, Renewals};
    use crate::docker::Credential;

    fn renewals() -> (tempfile::TempDir, Renewals) {
        let directory = tempfile::tempdir().unwrap();
        let renewals = Renewals {
            directory: directory.path().join("renewals"),
        };
        (directory, renewals)
    }

    fn renewal() -> Renewal {
        Renewal {
            exchange: "quay".to_owned(),
            origin: "the robot org+robot by the job's ID token".to_owned(),
            credential: Credential::password("org+robot", "secret"),
            made: Timestamp::from_millisecond(1_000).unwrap(),
            expires: Some(Timestamp::from_millisecond(2_500).unwrap()),
            insecure: true,
        }
    }

    #[test]
    fn a_record_is_private_and_comes_back() {
        let (_directory, renewals) = renewals();
        let registry = "quay.example:8443";
        assert_eq!(renewals.get(registry).unwrap(), None);
        assert!(!renewals.forget(registry).unwrap());
        renewals.hold(registry).unwrap().keep(&renewal()).unwrap();
        assert_eq!(renewals.get(registry).unwrap(), Some(renewal()));
        assert_eq!(renewals.registries(), [registry]);
        let file = renewals.directory.join("quay.example+8443/login.json");
        for (path, mode) in [(file.as_path(), 0o600), (file.parent().unwrap(), 0o700)] {
            let found = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
        assert!(renewals.forget(registry).unwrap());
        assert_eq!(renewals.get(registry).unwrap(), None);
        assert!(renewals.registries().is_empty());
    }

    #[test]
    fn a_hostile_record_is_an_error_that_repeats_nothing() {
        let (directory, renewals) = renewals();
        renewals
            .hold("a.example")
            .unwrap()
            .keep(&renewal())
            .unwrap();
        let file = renewals.directory.join("a.example/login.json");
        let whole = fs::read_to_string(&file).unwrap();
        for text in [
            String::new(),
            "[1]".to_owned(),
            whole.replace("a.example", "b.example"),
            whole.replace("\"version\":1", "\"version\":2"),
            whole.replace("\"secret\":\"secret\"", "\"secret\":[\"secret\"]"),
            whole.replace("\"secret\":\"secret\"", "\"secret\":\"\""),
            whole.replace("2500", "9223372036854775807"),
        ] {
            fs::write(&file, &text).unwrap();
            let error = renewals.get("a.example").unwrap_err();
            let message = crate::error::Failure::from(error).message();
            assert_eq!(
                message,
                format!(
                    "cannot read {}: it is not a login of this registry that this program has made",
                    file.display()
                ),
                "{text}"
            );
        }
        let other = directory.path().join("other.json");
        fs::rename(&file, &other).unwrap();
        symlink(&other, &file).unwrap();
        assert!(renewals.get("a.example").is_err());
    }

    #[test]
    fn only_hosts_have_places() {
        let (_directory, renewals) = renewals();
        for name in ["", "..", ".", "a/b", "../a", "a\0", "a+b"] {
            assert!(renewals.get(name).is_err(), "{name:?}");
            assert!(!renewals.forget(name).unwrap(), "{name:?}");
        }
    }
}
