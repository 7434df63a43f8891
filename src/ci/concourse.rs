//! Concourse, which tells resources about the build, but not tasks.

use super::System;
use super::job::{Identity, Job};
use super::web::{base_url, page};
use crate::env::Env;

/// Concourse.
pub struct Concourse;

impl System for Concourse {
    fn name(&self) -> &'static str {
        "concourse"
    }

    fn title(&self) -> &'static str {
        "Concourse"
    }

    /// Tasks have no variables, and those of resources are named like other systems'.
    fn marker(&self, _: &Env) -> Option<String> {
        None
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            // `BUILD_NAME` is the build's number within the job, `BUILD_ID` that on the server.
            pipeline_url: page(
                env,
                "${ATC_EXTERNAL_URL}/teams/${BUILD_TEAM_NAME}/pipelines/${BUILD_PIPELINE_NAME}/jobs/${BUILD_JOB_NAME}/builds/${BUILD_NAME}",
            ),
            job_id: env.text("BUILD_ID"),
            server_url: base_url(env, "ATC_EXTERNAL_URL"),
            identity: Identity::new(
                env,
                &["ATC_EXTERNAL_URL", "BUILD_ID"],
                &["ATC_EXTERNAL_URL", "BUILD_ID"],
            ),
            ..Job::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{identity, text};
    use super::*;

    #[test]
    fn resources_know_their_build_and_tasks_nothing() {
        let env = Env::from_iter([
            ("ATC_EXTERNAL_URL", "https://ci.example.com/"),
            ("BUILD_TEAM_NAME", "main"),
            ("BUILD_PIPELINE_NAME", "app"),
            ("BUILD_JOB_NAME", "image"),
            ("BUILD_NAME", "42"),
            ("BUILD_ID", "9041"),
        ]);
        let expected = Job {
            pipeline_url: text(
                "https://ci.example.com/teams/main/pipelines/app/jobs/image/builds/42",
            ),
            job_id: text("9041"),
            server_url: text("https://ci.example.com"),
            identity: identity(&[
                ("ATC_EXTERNAL_URL", "https://ci.example.com/"),
                ("BUILD_ID", "9041"),
            ]),
            ..Job::default()
        };
        assert_eq!(Concourse.job(&env), expected);
        assert_eq!(Concourse.job(&Env::default()), Job::default());
    }
}
