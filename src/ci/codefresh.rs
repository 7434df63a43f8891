//! Codefresh.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{fill, url};
use super::{System, present};
use crate::env::Env;

/// Codefresh.
pub struct Codefresh;

impl System for Codefresh {
    fn name(&self) -> &'static str {
        "codefresh"
    }

    fn title(&self) -> &'static str {
        "Codefresh"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "CF_BUILD_ID")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: fill(env, "${CF_REPO_OWNER}/${CF_REPO_NAME}"),
            sha: commit(env, "CF_REVISION"),
            pipeline_url: url(env, "CF_BUILD_URL"),
            job_id: env.text("CF_BUILD_ID"),
            identity: Identity::new(env, &["CF_BUILD_ID"], &["CF_BUILD_URL", "CF_BUILD_ID"]),
            // `CF_PULL_REQUEST_ID` is another number than the one that people see.
            ..Refs {
                change: number(env, "CF_PULL_REQUEST_NUMBER"),
                source: env.text("CF_BRANCH"),
                target: env.text("CF_PULL_REQUEST_TARGET"),
                tag: env.text("CF_RELEASE_TAG"),
                branch: env.text("CF_BRANCH"),
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
            ("CF_REPO_OWNER", "octocat"),
            ("CF_REPO_NAME", "app"),
            ("CF_REVISION", SHA),
            ("CF_SHORT_REVISION", "0123456"),
            ("CF_BUILD_ID", "b"),
            ("CF_BUILD_URL", "https://g.codefresh.io/build/b"),
        ];
        Codefresh.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://g.codefresh.io/build/b"),
            job_id: text("b"),
            identity: identity(&[
                ("CF_BUILD_URL", "https://g.codefresh.io/build/b"),
                ("CF_BUILD_ID", "b"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let expected = Job {
            branch: text("feature/x"),
            ..common()
        };
        let found = job(&[
            ("CF_BRANCH", "feature/x"),
            ("CF_BRANCH_TAG_NORMALIZED", "feature-x"),
        ]);
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(
            job(&[("CF_RELEASE_TAG", "v1"), ("CF_BRANCH", "v1")]),
            expected
        );
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("CF_PULL_REQUEST_NUMBER", "17"),
            ("CF_PULL_REQUEST_ID", "1740982"),
            ("CF_PULL_REQUEST_TARGET", "main"),
            ("CF_BRANCH", "fix"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
