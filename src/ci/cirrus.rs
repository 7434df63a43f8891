//! Cirrus CI.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page};
use super::{System, equals};
use crate::env::Env;

/// Cirrus CI.
pub struct Cirrus;

impl System for Cirrus {
    fn name(&self) -> &'static str {
        "cirrus"
    }

    fn title(&self) -> &'static str {
        "Cirrus CI"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "CIRRUS_CI", "true")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("CIRRUS_REPO_FULL_NAME"),
            repository_url: base_url(env, "CIRRUS_REPO_CLONE_URL"),
            sha: commit(env, "CIRRUS_CHANGE_IN_REPO"),
            pipeline_url: page(env, "https://cirrus-ci.com/build/${CIRRUS_BUILD_ID}"),
            job_url: page(env, "https://cirrus-ci.com/task/${CIRRUS_TASK_ID}"),
            job_id: env.text("CIRRUS_TASK_ID"),
            workspace: env.path("CIRRUS_WORKING_DIR"),
            identity: Identity::new(
                env,
                &["CIRRUS_TASK_ID"],
                &["CIRRUS_REPO_FULL_NAME", "CIRRUS_BUILD_ID", "CIRRUS_TASK_ID"],
            ),
            // A pull request has `pull/17` in place of the branch that it comes from.
            ..Refs {
                change: number(env, "CIRRUS_PR"),
                target: env.text("CIRRUS_BASE_BRANCH"),
                tag: env.text("CIRRUS_TAG"),
                branch: env.text("CIRRUS_BRANCH"),
                ..Refs::default()
            }
            .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("CIRRUS_REPO_FULL_NAME", "octocat/app"),
            (
                "CIRRUS_REPO_CLONE_URL",
                "https://github.com/octocat/app.git",
            ),
            ("CIRRUS_CHANGE_IN_REPO", SHA),
            ("CIRRUS_BUILD_ID", "42"),
            ("CIRRUS_TASK_ID", "43"),
            ("CIRRUS_WORKING_DIR", "/tmp/cirrus-ci-build"),
        ];
        Cirrus.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://cirrus-ci.com/build/42"),
            job_url: text("https://cirrus-ci.com/task/43"),
            job_id: text("43"),
            workspace: Some("/tmp/cirrus-ci-build".into()),
            identity: identity(&[
                ("CIRRUS_REPO_FULL_NAME", "octocat/app"),
                ("CIRRUS_BUILD_ID", "42"),
                ("CIRRUS_TASK_ID", "43"),
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
        assert_eq!(job(&[("CIRRUS_BRANCH", "main")]), expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(
            job(&[("CIRRUS_TAG", "v1"), ("CIRRUS_BRANCH", "v1")]),
            expected
        );
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("CIRRUS_PR", "17"),
            ("CIRRUS_BRANCH", "pull/17"),
            ("CIRRUS_BASE_BRANCH", "main"),
        ]);
        let expected = Job {
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
