//! Buildkite.

use bstr::BString;

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page, slug, url};
use super::{Edge, Group, Summary, System, equals};
use crate::env::Env;

/// Buildkite.
pub struct Buildkite;

impl System for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn title(&self) -> &'static str {
        "Buildkite"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "BUILDKITE", "true")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        Some(match edge {
            Edge::Open => format!("--- {}\n", group.title),
            // Only the next header ends a group, and one that is open shows what follows.
            Edge::Close => format!("+++ {}: result\n", group.title),
        })
    }

    fn summary(&self, _: &Env) -> Option<Summary> {
        Some(Summary::Annotation)
    }

    fn job(&self, env: &Env) -> Job {
        let repository: Option<BString> = base_url(env, "BUILDKITE_REPO");
        Job {
            slug: repository
                .as_ref()
                .and_then(|address| slug(address.as_ref())),
            repository_url: repository,
            // Absent where it is `HEAD`.
            sha: commit(env, "BUILDKITE_COMMIT"),
            environment: env.text("BUILDKITE_GITHUB_DEPLOYMENT_ENVIRONMENT"),
            pipeline_url: url(env, "BUILDKITE_BUILD_URL"),
            job_url: page(env, "${BUILDKITE_BUILD_URL}#${BUILDKITE_JOB_ID}"),
            job_id: env.text("BUILDKITE_JOB_ID"),
            workspace: env.path("BUILDKITE_BUILD_CHECKOUT_PATH"),
            // A retry is a new job.
            identity: Identity::new(
                env,
                &["BUILDKITE_JOB_ID"],
                &[
                    "BUILDKITE_ORGANIZATION_SLUG",
                    "BUILDKITE_PIPELINE_ID",
                    "BUILDKITE_BUILD_ID",
                    "BUILDKITE_JOB_ID",
                ],
            ),
            // `BUILDKITE_BRANCH` is the tag in builds of tags, and `BUILDKITE_PULL_REQUEST` is
            // `false` in other builds than those of pull requests.
            ..Refs {
                change: number(env, "BUILDKITE_PULL_REQUEST"),
                source: env.text("BUILDKITE_BRANCH"),
                target: env.text("BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
                tag: env.text("BUILDKITE_TAG"),
                branch: env.text("BUILDKITE_BRANCH"),
                ..Refs::default()
            }
            .into()
        }
    }

    /// The agent starts itself anew for each job (`buildkite-agent bootstrap`): of the
    /// processes with this name, the one nearest above the job's commands.
    fn job_processes(&self) -> &'static [&'static str] {
        &["buildkite-agent"]
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("BUILDKITE_REPO", "https://tok@github.com/octocat/app.git"),
            ("BUILDKITE_ORGANIZATION_SLUG", "acme"),
            ("BUILDKITE_PIPELINE_SLUG", "build-app"),
            ("BUILDKITE_PIPELINE_ID", "p"),
            ("BUILDKITE_COMMIT", SHA),
            ("BUILDKITE_BRANCH", "main"),
            ("BUILDKITE_PULL_REQUEST", "false"),
            (
                "BUILDKITE_BUILD_URL",
                "https://buildkite.com/acme/build-app/builds/42",
            ),
            ("BUILDKITE_BUILD_ID", "b"),
            ("BUILDKITE_JOB_ID", "j"),
            (
                "BUILDKITE_BUILD_CHECKOUT_PATH",
                "/builds/agent/acme/build-app",
            ),
        ];
        Buildkite.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://buildkite.com/acme/build-app/builds/42"),
            job_url: text("https://buildkite.com/acme/build-app/builds/42#j"),
            job_id: text("j"),
            workspace: Some("/builds/agent/acme/build-app".into()),
            identity: identity(&[
                ("BUILDKITE_ORGANIZATION_SLUG", "acme"),
                ("BUILDKITE_PIPELINE_ID", "p"),
                ("BUILDKITE_BUILD_ID", "b"),
                ("BUILDKITE_JOB_ID", "j"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let expected = Job {
            branch: text("main"),
            sha: None,
            ..common()
        };
        assert_eq!(job(&[("BUILDKITE_COMMIT", "HEAD")]), expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        let found = job(&[("BUILDKITE_TAG", "v1"), ("BUILDKITE_BRANCH", "v1")]);
        assert_eq!(found, expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("BUILDKITE_PULL_REQUEST", "17"),
            ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ("BUILDKITE_BRANCH", "fix"),
            ("BUILDKITE_GITHUB_DEPLOYMENT_ENVIRONMENT", "staging"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            environment: text("staging"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
