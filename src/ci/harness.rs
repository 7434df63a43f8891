//! Harness CI, which grew out of Drone.

use super::job::{Identity, Job};
use super::web::url;
use super::{System, drone, present};
use crate::env::Env;

/// Harness CI.
pub struct Harness;

impl System for Harness {
    fn name(&self) -> &'static str {
        "harness"
    }

    fn title(&self) -> &'static str {
        "Harness CI"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "HARNESS_BUILD_ID")
    }

    fn job(&self, env: &Env) -> Job {
        let job = drone::facts(env);
        Job {
            pipeline_url: url(env, "CI_BUILD_LINK").or(job.pipeline_url),
            workspace: env.path("HARNESS_WORKSPACE"),
            identity: Identity::new(
                env,
                &["HARNESS_EXECUTION_ID"],
                &[
                    "HARNESS_ACCOUNT_ID",
                    "HARNESS_ORG_ID",
                    "HARNESS_PROJECT_ID",
                    "HARNESS_PIPELINE_ID",
                    "HARNESS_EXECUTION_ID",
                    "HARNESS_STAGE_ID",
                ],
            ),
            ..job
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("HARNESS_BUILD_ID", "42"),
            ("HARNESS_ACCOUNT_ID", "acc"),
            ("HARNESS_ORG_ID", "default"),
            ("HARNESS_PROJECT_ID", "app"),
            ("HARNESS_PIPELINE_ID", "build"),
            ("HARNESS_EXECUTION_ID", "aBcD"),
            ("HARNESS_STAGE_ID", "s1"),
            ("HARNESS_WORKSPACE", "/harness"),
            ("DRONE_REPO", "octocat/app"),
            ("DRONE_COMMIT_SHA", SHA),
            ("DRONE_BUILD_LINK", "https://app.harness.io/ng/1"),
        ];
        Harness.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://app.harness.io/ng/1"),
            workspace: Some("/harness".into()),
            identity: identity(&[
                ("HARNESS_ACCOUNT_ID", "acc"),
                ("HARNESS_ORG_ID", "default"),
                ("HARNESS_PROJECT_ID", "app"),
                ("HARNESS_PIPELINE_ID", "build"),
                ("HARNESS_EXECUTION_ID", "aBcD"),
                ("HARNESS_STAGE_ID", "s1"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let expected = Job {
            branch: text("main"),
            ..common()
        };
        assert_eq!(job(&[("DRONE_BRANCH", "main")]), expected);
    }

    #[test]
    fn tag_by_webhook() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job(&[("DRONE_BRANCH", "refs/tags/v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("DRONE_PULL_REQUEST", "17"),
            ("DRONE_BRANCH", "main"),
            ("DRONE_SOURCE_BRANCH", "fix"),
            ("DRONE_TARGET_BRANCH", "main"),
            ("CI_BUILD_LINK", "https://app.harness.io/ng/2"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            pipeline_url: text("https://app.harness.io/ng/2"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
