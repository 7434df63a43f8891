//! Which job is this: one file per CI system.

pub mod describe;

mod actions;
mod group;
mod job;
mod properties;
mod refs;
mod side_file;
mod summary;
mod web;

#[cfg(test)]
mod fixture;

use crate::env::Env;
pub use group::{Edge, Group};
pub use job::{Change, Identity, ImageRepository, Job, Login, Need, TempDir};
pub use summary::Summary;

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

    /// Whether a job can be alive without any process on its host, so that having none proves
    /// nothing.
    fn may_idle(&self) -> bool {
        false
    }

    /// What is missing when a job has no login to the registry of its images.
    fn token_advice(&self) -> &'static str {
        "the job has no token for it"
    }

    /// What to write to standard error at the edge of a group of lines that the system's log
    /// folds, whole lines; `None` where it has no groups.
    fn group(&self, _: Edge, _: Group) -> Option<String> {
        None
    }

    /// Where the system takes Markdown for the job's page; `None` where it takes none.
    fn summary(&self, _: &Env) -> Option<Summary> {
        None
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

/// Declares each system's module and lists the systems, so that a system is one line.
macro_rules! systems {
    ($($module:ident::$system:ident,)*) => {
        $(mod $module;)*

        /// All systems, in the order in which they are looked for: a system whose jobs also
        /// carry another one's marker stands before it.
        pub static SYSTEMS: &[&dyn System] = &[$(&$module::$system),*];
    };
}

systems! {
    // Each of these three sets the markers of those after it.
    forgejo::Forgejo,
    gitea::Gitea,
    github::GitHub,
    // Harness sets Drone's variables as well.
    harness::Harness,
    drone::Drone,
    // Woodpecker's variables are named like GitLab's.
    woodpecker::Woodpecker,
    gitlab::GitLab,
    azure::Azure,
    bitbucket::Bitbucket,
    circleci::CircleCi,
    buildkite::Buildkite,
    teamcity::TeamCity,
    travis::Travis,
    codebuild::CodeBuild,
    cloudbuild::CloudBuild,
    semaphore::Semaphore,
    appveyor::AppVeyor,
    bamboo::Bamboo,
    gocd::GoCd,
    cirrus::Cirrus,
    codefresh::Codefresh,
    // A Jenkins agent inside another system's job inherits that system's variables, and other
    // systems use names like its own.
    jenkins::Jenkins,
    // These have no marker.
    argo::Argo,
    concourse::Concourse,
    tekton::Tekton,
}

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

/// A marker that is a variable with one value.
fn equals(env: &Env, name: &str, value: &str) -> Option<String> {
    env.is(name, value).then(|| format!("{name}={value}"))
}

/// A marker that is a variable with any value.
fn present(env: &Env, name: &str) -> Option<String> {
    env.has(name).then(|| name.to_owned())
}
