//! Checks of the job itself, for which nobody is asked.

mod auth_files;
mod config;
mod helpers;
mod keys;
mod logins;
mod system;
mod variable;
mod variables;

use super::Ward;
use super::finding::{Finding, Remark};

/// A check of the job.
trait Check: Sync {
    /// Its name, for programs.
    fn name(&self) -> &'static str;

    /// What it sees.
    fn look(&self, ward: &Ward) -> Vec<Remark>;
}

/// All of them, in the order of the report.
static CHECKS: &[&dyn Check] = &[
    &system::System,
    &config::Directory,
    &variable::AuthConfig,
    &auth_files::AuthFiles,
    &helpers::Helpers,
    &logins::Logins,
    &keys::Keys,
    &variables::Variables,
];

/// What all of them see.
pub(super) fn examine(ward: &Ward) -> Vec<Finding> {
    let looks = CHECKS.iter().flat_map(|check| {
        let remarks = check.look(ward).into_iter();
        remarks.map(|remark| remark.of(check.name(), "job"))
    });
    looks.collect()
}
