//! Which job a directory belongs to.

use bstr::BString;
use sha2::{Digest, Sha256};

use super::file;
use super::process::{self, Process};
use super::record::Record;
use crate::ci::Identity;

/// How many bytes of the digest tell jobs apart.
const DIGEST_BYTES: usize = 16;

/// Which job.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The CI system's name, as on the command line; part of the directory's name.
    pub system: &'a str,
    /// What tells the job from any other. With nothing in it, the job is the process session:
    /// the terminal or the container.
    pub identity: &'a Identity,
    /// [`crate::ci::System::job_processes`].
    pub job_processes: &'a [&'a str],
    /// [`crate::ci::System::may_idle`].
    pub may_idle: bool,
}

impl Subject<'_> {
    fn identity(&self) -> Vec<(String, BString)> {
        if self.identity.0.is_empty() {
            process::session_identity()
        } else {
            self.identity.0.clone()
        }
    }

    /// The name of the job's directory.
    ///
    /// Lengths stand before the parts, so that no two lists of parts give the same text.
    pub(super) fn directory_name(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(self.system.as_bytes());
        add(file::user().to_string().as_bytes());
        for (name, value) in self.identity() {
            add(name.as_bytes());
            add(&value);
        }
        let digest = digest.finalize();
        let hex = digest
            .iter()
            .take(DIGEST_BYTES)
            .map(|byte| format!("{byte:02x}"));
        format!("{}-{}", self.system, hex.collect::<String>())
    }

    fn owner(&self) -> Option<Process> {
        if self.identity.0.is_empty() {
            return process::session_leader();
        }
        process::ancestor(self.job_processes).or_else(process::parent)
    }

    /// The record of the job, if it starts now.
    pub(super) fn record(&self) -> Record {
        let mut record = Record::new(self.system, &self.identity.0, self.owner());
        record.may_idle = self.may_idle;
        record
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;
    use crate::ci::Identity;

    #[test]
    fn parts_cannot_run_into_each_other() {
        let pairs = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into()));
            let identity = Identity(pairs.collect());
            let subject = Subject {
                system: "gitlab",
                identity: &identity,
                job_processes: &[],
                may_idle: false,
            };
            subject.directory_name()
        };
        assert_ne!(pairs(&[("A", "1"), ("B", "2")]), pairs(&[("A", "1B2")]));
        assert_ne!(pairs(&[("A", "1"), ("B", "")]), pairs(&[("A", "1B")]));
        assert_eq!(pairs(&[("A", "1")]).len(), "gitlab-".len() + 32);
    }
}
