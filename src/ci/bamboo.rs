//! Bamboo, whose variables are named in mixed case after its own.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, slug, url};
use super::{System, present};
use crate::env::Env;

/// Bamboo.
pub struct Bamboo;

impl System for Bamboo {
    fn name(&self) -> &'static str {
        "bamboo"
    }

    fn title(&self) -> &'static str {
        "Bamboo"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        ["bamboo_planKey", "bamboo_buildKey", "bamboo_agentId"]
            .iter()
            .find_map(|name| present(env, name))
    }

    /// `bamboo_tmp_directory` belongs to the agent and not to the job, so it is left out.
    fn job(&self, env: &Env) -> Job {
        let repository = base_url(env, "bamboo_planRepository_1_repositoryUrl");
        Job {
            slug: repository
                .as_ref()
                .and_then(|address| slug(address.as_ref())),
            repository_url: repository,
            sha: commit(env, "bamboo_planRepository_1_revision"),
            pipeline_url: url(env, "bamboo_buildResultsUrl")
                .or_else(|| url(env, "bamboo_resultsUrl")),
            job_id: env.text("bamboo_buildResultKey"),
            workspace: env.path("bamboo_build_working_directory"),
            // A job that is run again keeps its key.
            identity: Identity::new(
                env,
                &["bamboo_buildResultKey"],
                &[
                    "bamboo_buildResultsUrl",
                    "bamboo_buildResultKey",
                    "bamboo_agentId",
                ],
            ),
            ..Refs {
                change: number(env, "bamboo_repository_pr_key"),
                source: env.text("bamboo_repository_pr_sourceBranch"),
                target: env.text("bamboo_repository_pr_targetBranch"),
                branch: env.text("bamboo_planRepository_1_branchName"),
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
            ("bamboo_planKey", "APP-BUILD"),
            (
                "bamboo_planRepository_1_repositoryUrl",
                "ssh://git@bitbucket.example.com:7999/team/app.git",
            ),
            ("bamboo_planRepository_1_revision", SHA),
            ("bamboo_planRepository_1_branchName", "main"),
            (
                "bamboo_buildResultsUrl",
                "https://bamboo.example.com/browse/APP-BUILD-JOB1-42",
            ),
            ("bamboo_buildResultKey", "APP-BUILD-JOB1-42"),
            ("bamboo_agentId", "9"),
            (
                "bamboo_build_working_directory",
                "/bamboo/xml-data/build-dir/APP-BUILD-JOB1",
            ),
            ("bamboo_tmp_directory", "/bamboo/temp"),
        ];
        Bamboo.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("team/app"),
            repository_url: text("ssh://bitbucket.example.com:7999/team/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://bamboo.example.com/browse/APP-BUILD-JOB1-42"),
            job_id: text("APP-BUILD-JOB1-42"),
            workspace: Some("/bamboo/xml-data/build-dir/APP-BUILD-JOB1".into()),
            identity: identity(&[
                (
                    "bamboo_buildResultsUrl",
                    "https://bamboo.example.com/browse/APP-BUILD-JOB1-42",
                ),
                ("bamboo_buildResultKey", "APP-BUILD-JOB1-42"),
                ("bamboo_agentId", "9"),
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
    fn pull_request() {
        let found = job(&[
            ("bamboo_repository_pr_key", "17"),
            ("bamboo_repository_pr_sourceBranch", "fix"),
            ("bamboo_repository_pr_targetBranch", "main"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
