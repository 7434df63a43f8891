//! What is wrong with a job's access to registries, and what to change.
//!
//! Everything here only looks: files are read, registries are asked with GET and HEAD, token
//! services for tokens that are thrown away. One check does more, where [`Ward::try_delete`] says
//! so. A [`Finding`] is what one check says of one subject.
//! A check is one file and one line of a list: of [`job`] for what can be seen without asking
//! anybody, of [`registry`] for what a registry answers.

mod finding;
mod job;
mod patients;
mod registry;

use std::path::PathBuf;
use std::time::Duration;

pub use self::finding::{Finding, Severity};
pub use self::patients::{BadName, Patient, named};
use crate::docker::Source;
use crate::env::Env;
use crate::oci::Registries;
pub use crate::registry::Purpose;

/// What is looked at.
pub struct Ward {
    /// The environment of the job.
    pub env: Env,
    /// The docker config directory, if the user named one.
    pub docker_config: Option<PathBuf>,
    /// The registries, for somebody who only looks ([`Registries::looking`]).
    pub registries: Registries,
    /// What the job is going to do, if the user said so.
    pub purpose: Option<Purpose>,
    /// Whether a registry of distribution may be sent one DELETE, of a digest that nothing has: only
    /// its answer says whether deletion is switched on.
    pub try_delete: bool,
    /// How long a request, or a helper, may take.
    pub limit: Duration,
}

impl Ward {
    /// The docker config in force.
    fn source(&self) -> Source {
        Source::named(self.docker_config.as_deref(), &self.env)
    }
}

/// Looks at the job, then at each patient; findings are in the order of the lists. This is bounded
/// in time: whatever takes too long is a finding.
pub async fn examine(ward: &Ward, patients: &[Patient]) -> Vec<Finding> {
    let mut findings = job::examine(ward);
    findings.extend(registry::examine(ward, patients).await);
    findings
}
