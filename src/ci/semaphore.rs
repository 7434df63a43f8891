//! Semaphore.

use super::job::{Identity, Job, Login, Need};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page};
use super::{System, equals};
use crate::address::registry_host;
use crate::env::Env;

/// Semaphore.
pub struct Semaphore;

impl System for Semaphore {
    fn name(&self) -> &'static str {
        "semaphore"
    }

    fn title(&self) -> &'static str {
        "Semaphore"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "SEMAPHORE", "true")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("SEMAPHORE_GIT_REPO_SLUG"),
            repository_url: base_url(env, "SEMAPHORE_GIT_URL"),
            sha: commit(env, "SEMAPHORE_GIT_SHA"),
            pipeline_url: page(
                env,
                "${SEMAPHORE_ORGANIZATION_URL}/workflows/${SEMAPHORE_WORKFLOW_ID}",
            ),
            job_url: page(
                env,
                "${SEMAPHORE_ORGANIZATION_URL}/jobs/${SEMAPHORE_JOB_ID}",
            ),
            job_id: env.text("SEMAPHORE_JOB_ID"),
            server_url: base_url(env, "SEMAPHORE_ORGANIZATION_URL"),
            workspace: env.path("SEMAPHORE_GIT_DIR"),
            identity: Identity::new(
                env,
                &["SEMAPHORE_JOB_ID"],
                &[
                    "SEMAPHORE_ORGANIZATION_URL",
                    "SEMAPHORE_PROJECT_ID",
                    "SEMAPHORE_JOB_ID",
                ],
            ),
            logins: login(env).into_iter().collect(),
            // `SEMAPHORE_GIT_BRANCH` is the target branch in a pull request.
            ..Refs {
                change: number(env, "SEMAPHORE_GIT_PR_NUMBER"),
                source: env
                    .text("SEMAPHORE_GIT_PR_BRANCH")
                    .or_else(|| env.text("SEMAPHORE_GIT_WORKING_BRANCH")),
                target: env.text("SEMAPHORE_GIT_BRANCH"),
                tag: env.text("SEMAPHORE_GIT_TAG_NAME"),
                full: env.text("SEMAPHORE_GIT_REF"),
                branch: env.text("SEMAPHORE_GIT_BRANCH"),
            }
            .into()
        }
    }
}

/// The organisation's private registry.
fn login(env: &Env) -> Option<Login> {
    Some(Login {
        registry: registry_host(env.utf8("SEMAPHORE_REGISTRY_URL")?).ok()?,
        username: env.utf8("SEMAPHORE_REGISTRY_USERNAME")?.to_owned(),
        secret: env.utf8("SEMAPHORE_REGISTRY_PASSWORD")?.into(),
        kind: "registry password",
        variable: "SEMAPHORE_REGISTRY_PASSWORD",
        need: Need::Required,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("SEMAPHORE_GIT_REPO_SLUG", "octocat/app"),
            ("SEMAPHORE_GIT_URL", "git@github.com:octocat/app.git"),
            ("SEMAPHORE_GIT_SHA", SHA),
            ("SEMAPHORE_GIT_BRANCH", "main"),
            ("SEMAPHORE_ORGANIZATION_URL", "https://acme.semaphoreci.com"),
            ("SEMAPHORE_PROJECT_ID", "p"),
            ("SEMAPHORE_WORKFLOW_ID", "w"),
            ("SEMAPHORE_JOB_ID", "j"),
            ("SEMAPHORE_GIT_DIR", "/home/semaphore/app"),
        ];
        Semaphore.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("git@github.com:octocat/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://acme.semaphoreci.com/workflows/w"),
            job_url: text("https://acme.semaphoreci.com/jobs/j"),
            job_id: text("j"),
            server_url: text("https://acme.semaphoreci.com"),
            workspace: Some("/home/semaphore/app".into()),
            identity: identity(&[
                ("SEMAPHORE_ORGANIZATION_URL", "https://acme.semaphoreci.com"),
                ("SEMAPHORE_PROJECT_ID", "p"),
                ("SEMAPHORE_JOB_ID", "j"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch_and_registry() {
        let found = job(&[
            ("SEMAPHORE_GIT_REF", "refs/heads/main"),
            ("SEMAPHORE_GIT_REF_TYPE", "branch"),
            ("SEMAPHORE_REGISTRY_URL", "registry.semaphoreci.com/acme"),
            ("SEMAPHORE_REGISTRY_USERNAME", "acme"),
            ("SEMAPHORE_REGISTRY_PASSWORD", "pw"),
        ]);
        let expected = Job {
            branch: text("main"),
            logins: vec![Login {
                registry: "registry.semaphoreci.com".into(),
                username: "acme".into(),
                secret: "pw".into(),
                kind: "registry password",
                variable: "SEMAPHORE_REGISTRY_PASSWORD",
                need: Need::Required,
            }],
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        let by_ref = ("SEMAPHORE_GIT_REF", "refs/tags/v1");
        assert_eq!(job(&[by_ref]), expected);
        assert_eq!(job(&[by_ref, ("SEMAPHORE_GIT_TAG_NAME", "v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("SEMAPHORE_GIT_REF_TYPE", "pull-request"),
            ("SEMAPHORE_GIT_REF", "refs/semaphoreci/1"),
            ("SEMAPHORE_GIT_PR_NUMBER", "17"),
            ("SEMAPHORE_GIT_PR_BRANCH", "fix"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
