//! Bitbucket Pipelines.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page};
use super::{System, present};
use crate::env::Env;

/// Bitbucket Pipelines.
pub struct Bitbucket;

impl System for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn title(&self) -> &'static str {
        "Bitbucket Pipelines"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "BITBUCKET_BUILD_NUMBER")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("BITBUCKET_REPO_FULL_NAME"),
            repository_url: base_url(env, "BITBUCKET_GIT_HTTP_ORIGIN")
                .or_else(|| base_url(env, "BITBUCKET_GIT_SSH_ORIGIN")),
            // Shortened in pull requests, and absent then.
            sha: commit(env, "BITBUCKET_COMMIT"),
            environment: env.text("BITBUCKET_DEPLOYMENT_ENVIRONMENT"),
            pipeline_url: page(
                env,
                "https://bitbucket.org/${BITBUCKET_REPO_FULL_NAME}/addon/pipelines/home#!/results/${BITBUCKET_BUILD_NUMBER}",
            ),
            job_id: env.text("BITBUCKET_STEP_UUID"),
            workspace: env.path("BITBUCKET_CLONE_DIR"),
            identity: Identity::new(
                env,
                &["BITBUCKET_STEP_UUID"],
                &[
                    "BITBUCKET_REPO_UUID",
                    "BITBUCKET_BUILD_NUMBER",
                    "BITBUCKET_STEP_UUID",
                ],
            ),
            ..Refs {
                change: number(env, "BITBUCKET_PR_ID"),
                source: env.text("BITBUCKET_BRANCH"),
                target: env.text("BITBUCKET_PR_DESTINATION_BRANCH"),
                tag: env.text("BITBUCKET_TAG"),
                branch: env.text("BITBUCKET_BRANCH"),
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
            ("BITBUCKET_REPO_FULL_NAME", "team/app"),
            ("BITBUCKET_REPO_UUID", "{aa}"),
            ("BITBUCKET_GIT_HTTP_ORIGIN", "http://bitbucket.org/team/app"),
            ("BITBUCKET_GIT_SSH_ORIGIN", "git@bitbucket.org:team/app.git"),
            ("BITBUCKET_COMMIT", SHA),
            ("BITBUCKET_BUILD_NUMBER", "42"),
            ("BITBUCKET_STEP_UUID", "{bb}"),
            (
                "BITBUCKET_CLONE_DIR",
                "/opt/atlassian/pipelines/agent/build",
            ),
        ];
        Bitbucket.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("team/app"),
            repository_url: text("http://bitbucket.org/team/app"),
            sha: text(SHA),
            pipeline_url: text("https://bitbucket.org/team/app/addon/pipelines/home#!/results/42"),
            job_id: text("{bb}"),
            workspace: Some("/opt/atlassian/pipelines/agent/build".into()),
            identity: identity(&[
                ("BITBUCKET_REPO_UUID", "{aa}"),
                ("BITBUCKET_BUILD_NUMBER", "42"),
                ("BITBUCKET_STEP_UUID", "{bb}"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let found = job(&[
            ("BITBUCKET_BRANCH", "main"),
            ("BITBUCKET_DEPLOYMENT_ENVIRONMENT", "staging"),
        ]);
        let expected = Job {
            branch: text("main"),
            environment: text("staging"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let found = job(&[("BITBUCKET_TAG", "v1"), ("BITBUCKET_GIT_HTTP_ORIGIN", "")]);
        let expected = Job {
            tag: text("v1"),
            repository_url: text("git@bitbucket.org:team/app.git"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("BITBUCKET_COMMIT", "0123456789ab"),
            ("BITBUCKET_BRANCH", "fix"),
            ("BITBUCKET_PR_ID", "17"),
            ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
        ]);
        let expected = Job {
            sha: None,
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
