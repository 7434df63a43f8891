//! Travis CI.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::url;
use super::{Edge, Group, System, equals};
use crate::env::Env;

/// Travis CI.
pub struct Travis;

impl System for Travis {
    fn name(&self) -> &'static str {
        "travis"
    }

    fn title(&self) -> &'static str {
        "Travis CI"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "TRAVIS", "true")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        let (title, name) = (group.title, group.name());
        Some(match edge {
            Edge::Open => format!("travis_fold:start:{name}\r\x1b[0K{title}\n"),
            Edge::Close => format!("travis_fold:end:{name}\r\x1b[0K\n"),
        })
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("TRAVIS_REPO_SLUG"),
            sha: commit(env, "TRAVIS_COMMIT"),
            pipeline_url: url(env, "TRAVIS_BUILD_WEB_URL"),
            job_url: url(env, "TRAVIS_JOB_WEB_URL"),
            job_id: env.text("TRAVIS_JOB_ID"),
            workspace: env.path("TRAVIS_BUILD_DIR"),
            identity: Identity::new(
                env,
                &["TRAVIS_JOB_ID"],
                &["TRAVIS_JOB_WEB_URL", "TRAVIS_REPO_SLUG", "TRAVIS_JOB_ID"],
            ),
            // `TRAVIS_BRANCH` is the target branch in a pull request and the tag in a build of
            // one; `TRAVIS_PULL_REQUEST` is `false` in other builds.
            ..Refs {
                change: number(env, "TRAVIS_PULL_REQUEST"),
                source: env.text("TRAVIS_PULL_REQUEST_BRANCH"),
                target: env.text("TRAVIS_BRANCH"),
                tag: env.text("TRAVIS_TAG"),
                branch: env.text("TRAVIS_BRANCH"),
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
            ("TRAVIS_REPO_SLUG", "octocat/app"),
            ("TRAVIS_COMMIT", SHA),
            ("TRAVIS_BRANCH", "main"),
            ("TRAVIS_PULL_REQUEST", "false"),
            ("TRAVIS_PULL_REQUEST_BRANCH", ""),
            ("TRAVIS_TAG", ""),
            (
                "TRAVIS_BUILD_WEB_URL",
                "https://travis-ci.com/octocat/app/builds/1",
            ),
            (
                "TRAVIS_JOB_WEB_URL",
                "https://travis-ci.com/octocat/app/jobs/2",
            ),
            ("TRAVIS_JOB_ID", "2"),
            ("TRAVIS_BUILD_DIR", "/home/travis/build/octocat/app"),
        ];
        Travis.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://travis-ci.com/octocat/app/builds/1"),
            job_url: text("https://travis-ci.com/octocat/app/jobs/2"),
            job_id: text("2"),
            workspace: Some("/home/travis/build/octocat/app".into()),
            identity: identity(&[
                (
                    "TRAVIS_JOB_WEB_URL",
                    "https://travis-ci.com/octocat/app/jobs/2",
                ),
                ("TRAVIS_REPO_SLUG", "octocat/app"),
                ("TRAVIS_JOB_ID", "2"),
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
        assert_eq!(job(&[]), expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(
            job(&[("TRAVIS_TAG", "v1"), ("TRAVIS_BRANCH", "v1")]),
            expected
        );
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("TRAVIS_PULL_REQUEST", "17"),
            ("TRAVIS_PULL_REQUEST_BRANCH", "fix"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
