//! Azure Pipelines.

use super::job::{Identity, Job, TempDir};
use super::refs::{Refs, commit, number};
use super::web::{base_url, page};
use super::{Edge, Group, Summary, System, equals};
use crate::env::Env;

/// Azure Pipelines.
pub struct Azure;

impl System for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn title(&self) -> &'static str {
        "Azure Pipelines"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "TF_BUILD", "True")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        Some(match edge {
            Edge::Open => format!("##[group]{}\n", group.title),
            Edge::Close => "##[endgroup]\n".to_owned(),
        })
    }

    fn summary(&self, env: &Env) -> Option<Summary> {
        Summary::upload(env)
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("BUILD_REPOSITORY_NAME"),
            repository_url: base_url(env, "BUILD_REPOSITORY_URI"),
            // The merge commit in a pull request: it is what was checked out.
            sha: commit(env, "BUILD_SOURCEVERSION"),
            environment: env.text("ENVIRONMENT_NAME"),
            // By the project's id, since its name may hold spaces.
            pipeline_url: page(
                env,
                "${SYSTEM_COLLECTIONURI}/${SYSTEM_TEAMPROJECTID}/_build/results?buildId=${BUILD_BUILDID}",
            ),
            job_url: page(
                env,
                "${SYSTEM_COLLECTIONURI}/${SYSTEM_TEAMPROJECTID}/_build/results?buildId=${BUILD_BUILDID}&view=logs&j=${SYSTEM_JOBID}",
            ),
            job_id: env.text("SYSTEM_JOBID"),
            server_url: base_url(env, "SYSTEM_COLLECTIONURI"),
            workspace: env.path("BUILD_SOURCESDIRECTORY"),
            temp_dir: env.path("AGENT_TEMPDIRECTORY").map(|path| TempDir {
                path,
                cleaned: true,
            }),
            identity: Identity::new(
                env,
                &["BUILD_BUILDID", "SYSTEM_JOBID"],
                &[
                    "SYSTEM_COLLECTIONURI",
                    "SYSTEM_TEAMPROJECTID",
                    "BUILD_BUILDID",
                    "SYSTEM_JOBID",
                    "SYSTEM_JOBATTEMPT",
                ],
            ),
            // `BUILD_SOURCEBRANCHNAME` is only the last part of the name. `PULLREQUESTNUMBER`
            // is GitHub's number, beside Azure's own id.
            ..Refs {
                change: number(env, "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
                    .or_else(|| number(env, "SYSTEM_PULLREQUEST_PULLREQUESTID")),
                source: env.text("SYSTEM_PULLREQUEST_SOURCEBRANCH"),
                target: env.text("SYSTEM_PULLREQUEST_TARGETBRANCH"),
                full: env.text("BUILD_SOURCEBRANCH"),
                ..Refs::default()
            }
            .into()
        }
    }

    /// The agent starts one worker for each job.
    fn job_processes(&self) -> &'static [&'static str] {
        &["Agent.Worker"]
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("TF_BUILD", "True"),
            ("BUILD_REPOSITORY_NAME", "app"),
            (
                "BUILD_REPOSITORY_URI",
                "https://acme@dev.azure.com/acme/My%20App/_git/app",
            ),
            ("BUILD_SOURCEVERSION", SHA),
            ("BUILD_SOURCEBRANCHNAME", "x"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_TEAMPROJECT", "My App"),
            ("SYSTEM_TEAMPROJECTID", "11-22"),
            ("BUILD_BUILDID", "42"),
            ("SYSTEM_JOBID", "33-44"),
            ("SYSTEM_JOBATTEMPT", "1"),
            ("BUILD_SOURCESDIRECTORY", "/agent/_work/1/s"),
            ("AGENT_TEMPDIRECTORY", "/agent/_work/_temp"),
        ];
        Azure.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("app"),
            repository_url: text("https://dev.azure.com/acme/My%20App/_git/app"),
            sha: text(SHA),
            pipeline_url: text("https://dev.azure.com/acme/11-22/_build/results?buildId=42"),
            job_url: text(
                "https://dev.azure.com/acme/11-22/_build/results?buildId=42&view=logs&j=33-44",
            ),
            job_id: text("33-44"),
            server_url: text("https://dev.azure.com/acme"),
            workspace: Some("/agent/_work/1/s".into()),
            temp_dir: Some(TempDir {
                path: "/agent/_work/_temp".into(),
                cleaned: true,
            }),
            identity: identity(&[
                ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
                ("SYSTEM_TEAMPROJECTID", "11-22"),
                ("BUILD_BUILDID", "42"),
                ("SYSTEM_JOBID", "33-44"),
                ("SYSTEM_JOBATTEMPT", "1"),
            ]),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let found = job(&[
            ("BUILD_SOURCEBRANCH", "refs/heads/feature/x"),
            ("ENVIRONMENT_NAME", "staging"),
        ]);
        let expected = Job {
            branch: text("feature/x"),
            environment: text("staging"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1/x"),
            ..common()
        };
        assert_eq!(job(&[("BUILD_SOURCEBRANCH", "refs/tags/v1/x")]), expected);
    }

    #[test]
    fn pull_request() {
        let expected = Job {
            source_branch: text("feature/x"),
            change: change("17", "main"),
            ..common()
        };
        let azure_repos = job(&[
            ("BUILD_SOURCEBRANCH", "refs/pull/17/merge"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "17"),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/feature/x"),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ]);
        assert_eq!(azure_repos, expected);
        let github = job(&[
            ("BUILD_SOURCEBRANCH", "refs/pull/17/merge"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "1740982"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "17"),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "feature/x"),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "main"),
        ]);
        assert_eq!(github, expected);
    }
}
