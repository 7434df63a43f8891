//! AppVeyor.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page};
use super::{System, equals};
use crate::env::Env;

/// AppVeyor.
pub struct AppVeyor;

impl System for AppVeyor {
    fn name(&self) -> &'static str {
        "appveyor"
    }

    fn title(&self) -> &'static str {
        "AppVeyor"
    }

    /// `True` on Windows, `true` in the Ubuntu image.
    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "APPVEYOR", "True").or_else(|| equals(env, "APPVEYOR", "true"))
    }

    fn job(&self, env: &Env) -> Job {
        let is_tag = env
            .utf8("APPVEYOR_REPO_TAG")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Job {
            slug: env.text("APPVEYOR_REPO_NAME"),
            sha: commit(env, "APPVEYOR_REPO_COMMIT"),
            pipeline_url: page(
                env,
                "${APPVEYOR_URL}/project/${APPVEYOR_ACCOUNT_NAME}/${APPVEYOR_PROJECT_SLUG}/builds/${APPVEYOR_BUILD_ID}",
            ),
            job_id: env.text("APPVEYOR_JOB_ID"),
            server_url: base_url(env, "APPVEYOR_URL"),
            workspace: env.path("APPVEYOR_BUILD_FOLDER"),
            identity: Identity::new(
                env,
                &["APPVEYOR_JOB_ID"],
                &["APPVEYOR_URL", "APPVEYOR_PROJECT_ID", "APPVEYOR_JOB_ID"],
            ),
            // `APPVEYOR_REPO_BRANCH` is the target branch in a pull request.
            ..Refs {
                change: number(env, "APPVEYOR_PULL_REQUEST_NUMBER"),
                source: env.text("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH"),
                target: env.text("APPVEYOR_REPO_BRANCH"),
                tag: env.text("APPVEYOR_REPO_TAG_NAME").filter(|_| is_tag),
                branch: env.text("APPVEYOR_REPO_BRANCH"),
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
            ("APPVEYOR_REPO_NAME", "octocat/app"),
            ("APPVEYOR_REPO_BRANCH", "main"),
            ("APPVEYOR_REPO_COMMIT", SHA),
            ("APPVEYOR_REPO_TAG", "false"),
            ("APPVEYOR_URL", "https://ci.appveyor.com"),
            ("APPVEYOR_ACCOUNT_NAME", "octocat"),
            ("APPVEYOR_PROJECT_SLUG", "app"),
            ("APPVEYOR_PROJECT_ID", "7"),
            ("APPVEYOR_BUILD_ID", "42"),
            ("APPVEYOR_JOB_ID", "j"),
            ("APPVEYOR_BUILD_FOLDER", "/home/appveyor/projects/app"),
        ];
        AppVeyor.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            sha: text(SHA),
            pipeline_url: text("https://ci.appveyor.com/project/octocat/app/builds/42"),
            job_id: text("j"),
            server_url: text("https://ci.appveyor.com"),
            workspace: Some("/home/appveyor/projects/app".into()),
            identity: identity(&[
                ("APPVEYOR_URL", "https://ci.appveyor.com"),
                ("APPVEYOR_PROJECT_ID", "7"),
                ("APPVEYOR_JOB_ID", "j"),
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
        for is_tag in ["true", "True"] {
            let found = job(&[
                ("APPVEYOR_REPO_TAG", is_tag),
                ("APPVEYOR_REPO_TAG_NAME", "v1"),
            ]);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("APPVEYOR_PULL_REQUEST_NUMBER", "17"),
            ("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "fix"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
