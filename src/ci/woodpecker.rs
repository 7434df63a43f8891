//! Woodpecker.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, url};
use super::{System, equals};
use crate::env::Env;

/// Woodpecker.
pub struct Woodpecker;

impl System for Woodpecker {
    fn name(&self) -> &'static str {
        "woodpecker"
    }

    fn title(&self) -> &'static str {
        "Woodpecker"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "CI", "woodpecker").or_else(|| equals(env, "CI_SYSTEM_NAME", "woodpecker"))
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("CI_REPO"),
            repository_url: base_url(env, "CI_REPO_URL")
                .or_else(|| base_url(env, "CI_REPO_CLONE_URL")),
            sha: commit(env, "CI_COMMIT_SHA"),
            environment: env.text("CI_PIPELINE_DEPLOY_TARGET"),
            pipeline_url: url(env, "CI_PIPELINE_URL"),
            job_url: url(env, "CI_STEP_URL"),
            server_url: base_url(env, "CI_SYSTEM_URL"),
            server_version: env.text("CI_SYSTEM_VERSION"),
            workspace: env.path("CI_WORKSPACE"),
            // A job is a workflow; a restart is a new pipeline.
            identity: Identity::new(
                env,
                &["CI_REPO", "CI_PIPELINE_NUMBER"],
                &[
                    "CI_SYSTEM_URL",
                    "CI_REPO",
                    "CI_PIPELINE_NUMBER",
                    "CI_WORKFLOW_NUMBER",
                    "CI_WORKSPACE",
                ],
            ),
            // `CI_COMMIT_BRANCH` is the target branch in a pull request.
            ..Refs {
                change: number(env, "CI_COMMIT_PULL_REQUEST"),
                source: env.text("CI_COMMIT_SOURCE_BRANCH"),
                target: env.text("CI_COMMIT_TARGET_BRANCH"),
                tag: env.text("CI_COMMIT_TAG"),
                branch: env.text("CI_COMMIT_BRANCH"),
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
            ("CI", "woodpecker"),
            ("CI_REPO", "octocat/app"),
            ("CI_REPO_URL", "https://git.example.com/octocat/app"),
            (
                "CI_REPO_CLONE_URL",
                "https://u:p@git.example.com/octocat/app.git",
            ),
            ("CI_COMMIT_SHA", SHA),
            (
                "CI_PIPELINE_URL",
                "https://ci.example.com/repos/1/pipeline/42",
            ),
            ("CI_PIPELINE_NUMBER", "42"),
            ("CI_WORKFLOW_NUMBER", "2"),
            (
                "CI_STEP_URL",
                "https://ci.example.com/repos/1/pipeline/42/3",
            ),
            ("CI_STEP_NUMBER", "3"),
            ("CI_SYSTEM_URL", "https://ci.example.com"),
            ("CI_SYSTEM_VERSION", "3.1.0"),
            ("CI_WORKSPACE", "/woodpecker/src"),
        ];
        Woodpecker.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://git.example.com/octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://ci.example.com/repos/1/pipeline/42"),
            job_url: text("https://ci.example.com/repos/1/pipeline/42/3"),
            server_url: text("https://ci.example.com"),
            server_version: text("3.1.0"),
            workspace: Some("/woodpecker/src".into()),
            identity: identity(&[
                ("CI_SYSTEM_URL", "https://ci.example.com"),
                ("CI_REPO", "octocat/app"),
                ("CI_PIPELINE_NUMBER", "42"),
                ("CI_WORKFLOW_NUMBER", "2"),
                ("CI_WORKSPACE", "/woodpecker/src"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let found = job(&[
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_PIPELINE_DEPLOY_TARGET", "production"),
        ]);
        let expected = Job {
            branch: text("main"),
            environment: text("production"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let found = job(&[("CI_COMMIT_TAG", "v1"), ("CI_REPO_URL", "")]);
        let expected = Job {
            tag: text("v1"),
            repository_url: text("https://git.example.com/octocat/app.git"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("CI_COMMIT_PULL_REQUEST", "17"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_SOURCE_BRANCH", "fix"),
            ("CI_COMMIT_TARGET_BRANCH", "main"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
