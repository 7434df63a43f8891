//! Which job is this: one file per CI system.

mod job;

use crate::env::Env;
pub use job::{Change, Identity, ImageRepository, Job, Login, TempDir};

/// A CI system: how to recognise its jobs, and what its variables mean.
pub trait System: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// The name in sentences.
    fn title(&self) -> &'static str;

    /// What in the environment shows that this system runs the job, such as `GITLAB_CI=true`;
    /// `None` when nothing does. Systems without any marker are found only when named.
    fn marker(&self, env: &Env) -> Option<String>;

    /// What the system's variables say about the job.
    fn job(&self, env: &Env) -> Job;

    /// Names of the processes (as in `/proc/PID/comm`, at most 15 bytes) that live exactly as
    /// long as one job, so that a live one proves that the job still runs.
    fn job_processes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the system's log shows ANSI colours.
    fn shows_colour(&self, _job: &Job) -> bool {
        true
    }

    /// The werf annotation for [`Job::pipeline_url`]: the end of the variable's name after
    /// `WERF_ADD_ANNOTATION_`, and the annotation's key.
    fn pipeline_annotation(&self) -> (&'static str, &'static str) {
        ("CI_PIPELINE_URL", "ci.werf.io/pipeline-url")
    }

    /// The same for [`Job::job_url`]; `None` where werf has no such annotation for the system.
    fn job_annotation(&self) -> Option<(&'static str, &'static str)> {
        Some(("CI_JOB_URL", "ci.werf.io/job-url"))
    }
}

/// All systems, in the order in which they are looked for: a system whose jobs also carry
/// another one's marker stands before it.
pub static SYSTEMS: &[&dyn System] = &[];

/// The system with this name on the command line.
pub fn named(name: &str) -> Option<&'static dyn System> {
    SYSTEMS.iter().copied().find(|system| system.name() == name)
}

/// The first system whose marker the environment carries, and that marker.
pub fn detect(env: &Env) -> Option<(&'static dyn System, String)> {
    SYSTEMS
        .iter()
        .find_map(|system| Some((*system, system.marker(env)?)))
}
