//! Drone.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page, url};
use super::{System, equals};
use crate::env::Env;

/// Drone.
pub struct Drone;

impl System for Drone {
    fn name(&self) -> &'static str {
        "drone"
    }

    fn title(&self) -> &'static str {
        "Drone"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "DRONE", "true")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            server_url: page(env, "${DRONE_SYSTEM_PROTO}://${DRONE_SYSTEM_HOST}"),
            server_version: env.text("DRONE_SYSTEM_VERSION"),
            workspace: env.path("DRONE_WORKSPACE"),
            // A job is a stage (a pipeline, in Drone's words); a restart is a new build.
            identity: Identity::new(
                env,
                &["DRONE_REPO", "DRONE_BUILD_NUMBER"],
                &[
                    "DRONE_SYSTEM_HOST",
                    "DRONE_REPO",
                    "DRONE_BUILD_NUMBER",
                    "DRONE_STAGE_NUMBER",
                ],
            ),
            ..facts(env)
        }
    }
}

/// The facts that Harness gives under the same names. `DRONE_BRANCH` is the target branch in a
/// pull request, and a full ref (`refs/tags/v1`) in Harness' builds of tags.
pub(super) fn facts(env: &Env) -> Job {
    let branch = env.text("DRONE_BRANCH");
    Job {
        slug: env.text("DRONE_REPO"),
        repository_url: base_url(env, "DRONE_REPO_LINK")
            .or_else(|| base_url(env, "DRONE_GIT_HTTP_URL")),
        sha: commit(env, "DRONE_COMMIT_SHA"),
        environment: env.text("DRONE_DEPLOY_TO"),
        pipeline_url: url(env, "DRONE_BUILD_LINK"),
        ..Refs {
            change: number(env, "DRONE_PULL_REQUEST"),
            source: env.text("DRONE_SOURCE_BRANCH"),
            target: env.text("DRONE_TARGET_BRANCH"),
            tag: env.text("DRONE_TAG"),
            full: branch.clone(),
            branch,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("DRONE_REPO", "octocat/app"),
            ("DRONE_REPO_LINK", "https://github.com/octocat/app"),
            ("DRONE_GIT_HTTP_URL", "https://github.com/octocat/app.git"),
            ("DRONE_COMMIT_SHA", SHA),
            ("DRONE_BRANCH", "main"),
            ("DRONE_SOURCE_BRANCH", "main"),
            ("DRONE_TARGET_BRANCH", "main"),
            (
                "DRONE_BUILD_LINK",
                "https://drone.example.com/octocat/app/42",
            ),
            ("DRONE_BUILD_NUMBER", "42"),
            ("DRONE_STAGE_NUMBER", "1"),
            ("DRONE_STEP_NUMBER", "3"),
            ("DRONE_SYSTEM_PROTO", "https"),
            ("DRONE_SYSTEM_HOST", "drone.example.com"),
            ("DRONE_SYSTEM_VERSION", "2.24.0"),
            ("DRONE_WORKSPACE", "/drone/src"),
        ];
        Drone.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://drone.example.com/octocat/app/42"),
            server_url: text("https://drone.example.com"),
            server_version: text("2.24.0"),
            workspace: Some("/drone/src".into()),
            identity: identity(&[
                ("DRONE_SYSTEM_HOST", "drone.example.com"),
                ("DRONE_REPO", "octocat/app"),
                ("DRONE_BUILD_NUMBER", "42"),
                ("DRONE_STAGE_NUMBER", "1"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let expected = Job {
            branch: text("main"),
            environment: text("production"),
            ..common()
        };
        assert_eq!(job(&[("DRONE_DEPLOY_TO", "production")]), expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job(&[("DRONE_TAG", "v1")]), expected);
        assert_eq!(job(&[("DRONE_BRANCH", "refs/tags/v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[("DRONE_PULL_REQUEST", "17"), ("DRONE_SOURCE_BRANCH", "fix")]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
