//! Which CI system runs this job, for every command that needs to know.

use crate::ci::{self, Job, System};
use crate::docker::Subject;
use crate::env::Env;
use crate::error::{Exit, Explain};
use crate::report::Report;

/// The CI system and what it says about the job.
pub(super) struct Found {
    /// `None` outside of any CI system.
    pub(super) system: Option<&'static dyn System>,
    /// What in the environment shows it.
    pub(super) marker: Option<String>,
    /// What it says about the job.
    pub(super) job: Job,
}

/// A name that no CI system here has.
#[derive(Debug, thiserror::Error)]
#[error("unknown CI system `{0}`")]
pub(super) struct UnknownSystem(String);

impl Explain for UnknownSystem {
    fn hint(&self) -> Option<String> {
        let names: Vec<_> = ci::SYSTEMS.iter().map(|system| system.name()).collect();
        Some(format!("use one of {}", names.join(", ")))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Found {
    /// The system with the given name, whether its marker is there or not; without a name, the
    /// one whose marker is there.
    pub(super) fn find(name: Option<&str>, env: &Env) -> Result<Self, UnknownSystem> {
        let (system, marker) = match name {
            Some(name) => {
                let system = ci::named(name).ok_or_else(|| UnknownSystem(name.to_owned()))?;
                (Some(system), system.marker(env))
            }
            None => ci::detect(env).map_or((None, None), |(system, marker)| {
                (Some(system), Some(marker))
            }),
        };
        Ok(Self {
            job: system.map(|system| system.job(env)).unwrap_or_default(),
            system,
            marker,
        })
    }

    /// A system that was named goes without its marker, but the user should know.
    pub(super) fn note_missing_marker(&self, report: &Report) {
        if let (Some(system), None) = (self.system, &self.marker) {
            report.note(format!(
                "nothing in the environment shows a job of {}; going on because it was named",
                system.title()
            ));
        }
    }

    /// The job, for its directory.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            system: self.system.map_or("local", |system| system.name()),
            identity: &self.job.identity,
            job_processes: self.system.map_or(&[], |system| system.job_processes()),
            may_idle: self.system.is_some_and(|system| system.may_idle()),
        }
    }
}
