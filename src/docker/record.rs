//! `job.json`: what a job's directory says about its job.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use bstr::{BString, ByteSlice, ByteVec};
use serde::{Deserialize, Serialize};

use super::file::{self, Links};
use super::process::{self, Process};

/// The name of the file.
const FILE: &str = "job.json";

/// The form of the file; one with another number is left alone.
const VERSION: u32 = 1;

/// What a job's directory says about its job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// The CI system.
    pub system: String,
    /// The identity's variables; values are escaped, because they need not be UTF-8.
    identity: Vec<(String, String)>,
    /// When the directory was made, in seconds since 1970.
    created: u64,
    /// A process that lives as long as the job, or as the step that made the directory.
    pub owner: Option<Process>,
    /// Whether the job can be alive without any process.
    #[serde(default)]
    pub may_idle: bool,
    /// The host's name, to tell another host's kernel run from an earlier one of this host.
    #[serde(default)]
    pub host: Option<String>,
    /// The kernel run that the job belongs to.
    pub boot_id: Option<String>,
    /// Where the owner's number is valid.
    pub pid_namespace: Option<String>,
}

impl Record {
    /// The record of a job that starts now.
    pub(super) fn new(
        system: &str,
        identity: &[(String, BString)],
        owner: Option<Process>,
    ) -> Self {
        let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            version: VERSION,
            system: system.to_owned(),
            identity: identity
                .iter()
                .map(|(name, value)| (name.clone(), value.escape_bytes().to_string()))
                .collect(),
            created: created.map_or(0, |created| created.as_secs()),
            owner,
            may_idle: false,
            host: process::host_name(),
            boot_id: process::boot_id(),
            pid_namespace: process::pid_namespace(),
        }
    }

    /// The identity's variables and values.
    pub(super) fn identity(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.identity
            .iter()
            .map(|(name, value)| (name.as_str(), Vec::unescape_bytes(value)))
    }

    /// Reads the record of a directory; `None` when it has none.
    pub(super) fn read(directory: &Path) -> io::Result<Option<Self>> {
        let Some(text) = file::read_if_present(&directory.join(FILE), Links::Refuse)? else {
            return Ok(None);
        };
        let record: Self = serde_json::from_slice(&text)?;
        if record.version != VERSION {
            return Err(io::Error::other("job.json is of another version"));
        }
        Ok(Some(record))
    }

    /// Writes the record of a directory.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        file::replace(&directory.join(FILE), &text)
    }

    /// Notes that the job used its directory.
    pub(super) fn touch(directory: &Path) -> io::Result<()> {
        File::open(directory.join(FILE))?.set_modified(SystemTime::now())
    }

    /// When the job last used its directory; for one without a record, when it was made.
    pub(super) fn last_use(directory: &Path) -> io::Result<SystemTime> {
        directory
            .join(FILE)
            .symlink_metadata()
            .or_else(|_| directory.symlink_metadata())?
            .modified()
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::Record;

    #[test]
    fn bytes_that_are_not_utf8_survive() {
        let directory = tempfile::tempdir().unwrap();
        let identity = [("BUILD_TAG".to_owned(), b"v\xff\\x\n\"".as_slice().into())];
        let record = Record::new("jenkins", &identity, None);
        record.write(directory.path()).unwrap();
        let read = Record::read(directory.path()).unwrap().unwrap();
        assert_eq!(read, record);
        assert_eq!(
            read.identity().collect::<Vec<_>>(),
            [("BUILD_TAG", b"v\xff\\x\n\"".to_vec())]
        );
    }

    #[test]
    fn a_strange_record_is_an_error_and_a_missing_one_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(directory.path()).unwrap(), None);
        for text in ["", "{}", "[1]", "{\"version\": 2}"] {
            fs::write(directory.path().join("job.json"), text).unwrap();
            assert!(Record::read(directory.path()).is_err(), "{text}");
        }
    }
}
