//! CircleCI.

use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use super::job::{Identity, Job};
use super::refs::{Refs, commit, digits, number};
use super::web::{base_url, fill, url};
use super::{System, equals};
use crate::env::Env;

/// CircleCI.
pub struct CircleCi;

impl System for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn title(&self) -> &'static str {
        "CircleCI"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "CIRCLECI", "true")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: fill(env, "${CIRCLE_PROJECT_USERNAME}/${CIRCLE_PROJECT_REPONAME}"),
            repository_url: base_url(env, "CIRCLE_REPOSITORY_URL"),
            sha: commit(env, "CIRCLE_SHA1"),
            // The page of the job, in spite of its name; the workflow's has no variable.
            job_url: url(env, "CIRCLE_BUILD_URL"),
            job_id: env.text("CIRCLE_WORKFLOW_JOB_ID"),
            workspace: workspace(env),
            // A job with `parallelism` runs in several places at once.
            identity: Identity::new(
                env,
                &["CIRCLE_WORKFLOW_JOB_ID"],
                &[
                    "CIRCLE_PROJECT_ID",
                    "CIRCLE_WORKFLOW_ID",
                    "CIRCLE_WORKFLOW_JOB_ID",
                    "CIRCLE_NODE_INDEX",
                ],
            ),
            ..Refs {
                change: change_number(env),
                source: env.text("CIRCLE_BRANCH").filter(|name| !is_pull(name)),
                tag: env.text("CIRCLE_TAG"),
                branch: env.text("CIRCLE_BRANCH"),
                ..Refs::default()
            }
            .into()
        }
    }
}

/// `CIRCLE_PR_NUMBER` exists for pull requests from forks only; for the others there is the
/// address, which ends in the number.
fn change_number(env: &Env) -> Option<BString> {
    number(env, "CIRCLE_PR_NUMBER").or_else(|| {
        let address = env.text("CIRCLE_PULL_REQUEST")?;
        digits(address.rsplit_str("/").next()?.into())
    })
}

/// A pull request from a fork has `pull/17` in place of the branch that it comes from.
fn is_pull(branch: &BString) -> bool {
    branch.starts_with(b"pull/")
}

/// The directory as configured, where `~` stands for the home directory.
fn workspace(env: &Env) -> Option<PathBuf> {
    let path = env.path("CIRCLE_WORKING_DIRECTORY")?;
    match path.strip_prefix("~") {
        Ok(below) => Some(env.path("HOME")?.join(below)),
        Err(_) => Some(path),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, identity, text};
    use super::super::job::Change;
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("HOME", "/home/circleci"),
            ("CIRCLE_PROJECT_USERNAME", "octocat"),
            ("CIRCLE_PROJECT_REPONAME", "app"),
            ("CIRCLE_PROJECT_ID", "p"),
            ("CIRCLE_REPOSITORY_URL", "git@github.com:octocat/app.git"),
            ("CIRCLE_SHA1", SHA),
            ("CIRCLE_BUILD_URL", "https://circleci.com/gh/octocat/app/42"),
            ("CIRCLE_BUILD_NUM", "42"),
            ("CIRCLE_WORKFLOW_ID", "w"),
            ("CIRCLE_WORKFLOW_JOB_ID", "j"),
            ("CIRCLE_NODE_INDEX", "0"),
            ("CIRCLE_WORKING_DIRECTORY", "~/project"),
        ];
        CircleCi.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("git@github.com:octocat/app.git"),
            sha: text(SHA),
            job_url: text("https://circleci.com/gh/octocat/app/42"),
            job_id: text("j"),
            workspace: Some("/home/circleci/project".into()),
            identity: identity(&[
                ("CIRCLE_PROJECT_ID", "p"),
                ("CIRCLE_WORKFLOW_ID", "w"),
                ("CIRCLE_WORKFLOW_JOB_ID", "j"),
                ("CIRCLE_NODE_INDEX", "0"),
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
        assert_eq!(job(&[("CIRCLE_BRANCH", "main")]), expected);
    }

    #[test]
    fn tag() {
        let found = job(&[
            ("CIRCLE_BRANCH", ""),
            ("CIRCLE_TAG", "v1"),
            ("CIRCLE_WORKING_DIRECTORY", "/src"),
        ]);
        let expected = Job {
            tag: text("v1"),
            workspace: Some("/src".into()),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn pull_request() {
        let expected = Job {
            change: Some(Change {
                number: "17".into(),
                target: None,
            }),
            ..common()
        };
        let address = (
            "CIRCLE_PULL_REQUEST",
            "https://github.com/octocat/app/pull/17",
        );
        let fork = job(&[
            ("CIRCLE_BRANCH", "pull/17"),
            ("CIRCLE_PR_NUMBER", "17"),
            address,
        ]);
        assert_eq!(fork, expected);
        let own = job(&[("CIRCLE_BRANCH", "fix"), address]);
        let expected = Job {
            source_branch: text("fix"),
            ..expected
        };
        assert_eq!(own, expected);
    }
}
