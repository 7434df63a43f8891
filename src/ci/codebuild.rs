//! AWS CodeBuild.

use bstr::BString;

use super::job::{Identity, Job};
use super::refs::{Refs, below, commit, digits};
use super::web::{base_url, slug, url};
use super::{System, present};
use crate::env::Env;

/// AWS CodeBuild.
pub struct CodeBuild;

impl System for CodeBuild {
    fn name(&self) -> &'static str {
        "codebuild"
    }

    fn title(&self) -> &'static str {
        "AWS CodeBuild"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "CODEBUILD_BUILD_ID")
    }

    fn job(&self, env: &Env) -> Job {
        let repository = base_url(env, "CODEBUILD_SOURCE_REPO_URL");
        Job {
            slug: repository
                .as_ref()
                .and_then(|address| slug(address.as_ref())),
            repository_url: repository,
            sha: commit(env, "CODEBUILD_RESOLVED_SOURCE_VERSION"),
            pipeline_url: url(env, "CODEBUILD_BUILD_URL"),
            job_id: env.text("CODEBUILD_BUILD_ID"),
            workspace: env.path("CODEBUILD_SRC_DIR"),
            identity: Identity::new(
                env,
                &["CODEBUILD_BUILD_ID"],
                &["CODEBUILD_BUILD_ARN", "CODEBUILD_BUILD_ID"],
            ),
            ..Refs {
                // A source version that is not `pr/17` may be a branch, a tag or a commit.
                change: after(env, "CODEBUILD_WEBHOOK_TRIGGER", "pr/")
                    .or_else(|| after(env, "CODEBUILD_SOURCE_VERSION", "pr/"))
                    .and_then(digits),
                source: env.text("CODEBUILD_WEBHOOK_HEAD_REF"),
                target: env.text("CODEBUILD_WEBHOOK_BASE_REF"),
                tag: after(env, "CODEBUILD_WEBHOOK_TRIGGER", "tag/"),
                branch: after(env, "CODEBUILD_WEBHOOK_TRIGGER", "branch/"),
                ..Refs::default()
            }
            .into()
        }
    }
}

/// What follows `prefix` in a variable that begins with it.
fn after(env: &Env, name: &str, prefix: &str) -> Option<BString> {
    below(env.text(name)?.as_ref(), prefix)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("CODEBUILD_BUILD_ID", "app:1-2"),
            (
                "CODEBUILD_BUILD_ARN",
                "arn:aws:codebuild:eu-west-1:1:build/app:1-2",
            ),
            (
                "CODEBUILD_BUILD_URL",
                "https://eu-west-1.console.aws.amazon.com/x",
            ),
            (
                "CODEBUILD_SOURCE_REPO_URL",
                "https://github.com/octocat/app.git",
            ),
            ("CODEBUILD_RESOLVED_SOURCE_VERSION", SHA),
            ("CODEBUILD_SRC_DIR", "/codebuild/output/src1/src/app"),
        ];
        CodeBuild.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://eu-west-1.console.aws.amazon.com/x"),
            job_id: text("app:1-2"),
            workspace: Some("/codebuild/output/src1/src/app".into()),
            identity: identity(&[
                (
                    "CODEBUILD_BUILD_ARN",
                    "arn:aws:codebuild:eu-west-1:1:build/app:1-2",
                ),
                ("CODEBUILD_BUILD_ID", "app:1-2"),
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
            ("CODEBUILD_WEBHOOK_TRIGGER", "branch/feature/x"),
            ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/feature/x"),
        ]);
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job(&[("CODEBUILD_WEBHOOK_TRIGGER", "tag/v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let webhook = job(&[
            ("CODEBUILD_WEBHOOK_TRIGGER", "pr/17"),
            ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/fix"),
            ("CODEBUILD_WEBHOOK_BASE_REF", "refs/heads/main"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(webhook, expected);
        let started = job(&[("CODEBUILD_SOURCE_VERSION", "pr/17")]);
        assert_eq!(started.change.unwrap().number, "17");
    }

    #[test]
    fn other_source_versions_say_nothing() {
        let found = job(&[
            ("CODEBUILD_SOURCE_VERSION", "main"),
            ("CODEBUILD_RESOLVED_SOURCE_VERSION", "s3-version-id"),
        ]);
        let expected = Job {
            sha: None,
            ..common()
        };
        assert_eq!(found, expected);
    }
}
