//! Jenkins.

use bstr::{BStr, BString};

use super::System;
use super::job::{Identity, Job, TempDir};
use super::refs::{Refs, below, commit, number};
use super::web::{base_url, slug, url};
use crate::env::Env;

/// Jenkins.
pub struct Jenkins;

impl System for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }

    fn title(&self) -> &'static str {
        "Jenkins"
    }

    /// `JENKINS_URL` exists only where an administrator configured the root URL, and
    /// `BUILD_ID` is a name that others use too.
    fn marker(&self, env: &Env) -> Option<String> {
        if env.has("JENKINS_URL") && env.has("BUILD_ID") {
            return Some("JENKINS_URL and BUILD_ID".to_owned());
        }
        let tag = env.text("BUILD_TAG")?;
        tag.starts_with(b"jenkins-")
            .then(|| "BUILD_TAG=jenkins-...".to_owned())
    }

    fn job(&self, env: &Env) -> Job {
        let repository = base_url(env, "GIT_URL").or_else(|| base_url(env, "GIT_URL_1"));
        Job {
            slug: repository
                .as_ref()
                .and_then(|address| slug(address.as_ref())),
            repository_url: repository,
            sha: commit(env, "GIT_COMMIT"),
            // `JOB_URL` is the page of the project, not of the run.
            pipeline_url: url(env, "BUILD_URL"),
            job_id: env.text("BUILD_TAG"),
            server_url: base_url(env, "JENKINS_URL"),
            workspace: env.path("WORKSPACE"),
            temp_dir: env.path("WORKSPACE_TMP").map(|path| TempDir {
                path,
                cleaned: false,
            }),
            // Branches of a run that share a node have workspaces of their own. The executor
            // may be another after a restart of Jenkins, so it is left out.
            identity: Identity::new(
                env,
                &["JOB_NAME", "BUILD_NUMBER"],
                &[
                    "JENKINS_URL",
                    "JOB_NAME",
                    "BUILD_NUMBER",
                    "NODE_NAME",
                    "WORKSPACE",
                ],
            ),
            ..refs(env)
        }
    }

    /// A build waits in `input`, `lock` and `sleep` for hours with nothing running on the agent.
    fn may_idle(&self) -> bool {
        true
    }
}

/// A multibranch job has `CHANGE_*`, and `PR-17` in place of the branch; older plugins have
/// names of their own.
fn refs(env: &Env) -> Job {
    let git_branch = env.text("GIT_BRANCH");
    if env.has("CHANGE_ID") {
        return Refs {
            change: number(env, "CHANGE_ID"),
            source: env.text("CHANGE_BRANCH"),
            target: env.text("CHANGE_TARGET"),
            ..Refs::default()
        }
        .into();
    }
    if let Some(change) = number(env, "ghprbPullId") {
        return Refs {
            change: Some(change),
            source: env.text("ghprbSourceBranch"),
            target: env.text("ghprbTargetBranch"),
            ..Refs::default()
        }
        .into();
    }
    Refs {
        change: number(env, "gitlabMergeRequestIid"),
        source: env.text("gitlabSourceBranch"),
        target: env.text("gitlabTargetBranch"),
        tag: env.text("TAG_NAME"),
        branch: env
            .text("BRANCH_NAME")
            .or_else(|| env.text("GIT_LOCAL_BRANCH"))
            .or_else(|| git_branch.as_ref().and_then(remote_branch)),
        full: git_branch.filter(|_| !env.has("BRANCH_NAME")),
    }
    .into()
}

/// The branch in `GIT_BRANCH`: `origin/x`, or `detached` for a commit that was named alone.
fn remote_branch(branch: &BString) -> Option<BString> {
    let branch: &BStr = branch.as_ref();
    below(branch, "refs/remotes/origin/")
        .or_else(|| below(branch, "origin/"))
        .or_else(|| (branch != "detached").then(|| branch.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    fn job(changes: &[(&str, &str)]) -> Job {
        let common = [
            ("JENKINS_URL", "https://jenkins.example.com/"),
            ("BUILD_ID", "42"),
            ("BUILD_NUMBER", "42"),
            ("BUILD_TAG", "jenkins-team-app-main-42"),
            (
                "BUILD_URL",
                "https://jenkins.example.com/job/team/job/app/job/main/42/",
            ),
            (
                "JOB_URL",
                "https://jenkins.example.com/job/team/job/app/job/main/",
            ),
            ("JOB_NAME", "team/app/feature%2Fx"),
            ("NODE_NAME", "built-in"),
            ("EXECUTOR_NUMBER", "0"),
            ("GIT_URL", "https://user:tok@github.com/octocat/app.git"),
            ("GIT_COMMIT", SHA),
            ("WORKSPACE", "/var/jenkins/workspace/app"),
            ("WORKSPACE_TMP", "/var/jenkins/workspace/app@tmp"),
        ];
        Jenkins.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app.git"),
            sha: text(SHA),
            pipeline_url: text("https://jenkins.example.com/job/team/job/app/job/main/42/"),
            job_id: text("jenkins-team-app-main-42"),
            server_url: text("https://jenkins.example.com"),
            workspace: Some("/var/jenkins/workspace/app".into()),
            temp_dir: Some(TempDir {
                path: "/var/jenkins/workspace/app@tmp".into(),
                cleaned: false,
            }),
            identity: identity(&[
                ("JENKINS_URL", "https://jenkins.example.com/"),
                ("JOB_NAME", "team/app/feature%2Fx"),
                ("BUILD_NUMBER", "42"),
                ("NODE_NAME", "built-in"),
                ("WORKSPACE", "/var/jenkins/workspace/app"),
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
        for changes in [
            [("BRANCH_NAME", "feature/x"), ("GIT_BRANCH", "origin/other")],
            [
                ("GIT_LOCAL_BRANCH", "feature/x"),
                ("GIT_BRANCH", "origin/other"),
            ],
            [("GIT_URL_1", "x"), ("GIT_BRANCH", "origin/feature/x")],
            [("GIT_URL_1", "x"), ("GIT_BRANCH", "refs/heads/feature/x")],
            [
                ("GIT_URL_1", "x"),
                ("GIT_BRANCH", "refs/remotes/origin/feature/x"),
            ],
            [("BRANCH_NAME", "feature/x"), ("GIT_BRANCH", "refs/tags/v1")],
        ] {
            assert_eq!(job(&changes), expected, "{changes:?}");
        }
        assert_eq!(job(&[("GIT_BRANCH", "detached")]), common());
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job(&[("TAG_NAME", "v1"), ("BRANCH_NAME", "v1")]), expected);
        assert_eq!(job(&[("GIT_BRANCH", "refs/tags/v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        for changes in [
            vec![
                ("BRANCH_NAME", "PR-17"),
                ("CHANGE_ID", "17"),
                ("CHANGE_BRANCH", "fix"),
                ("CHANGE_TARGET", "main"),
            ],
            vec![
                ("GIT_BRANCH", "origin/pr/17/merge"),
                ("ghprbPullId", "17"),
                ("ghprbSourceBranch", "fix"),
                ("ghprbTargetBranch", "main"),
            ],
            vec![
                ("GIT_BRANCH", "origin/fix"),
                ("gitlabMergeRequestIid", "17"),
                ("gitlabMergeRequestId", "40017"),
                ("gitlabSourceBranch", "fix"),
                ("gitlabTargetBranch", "main"),
            ],
        ] {
            assert_eq!(job(&changes), expected, "{changes:?}");
        }
    }

    #[test]
    fn a_change_without_a_number_is_no_branch() {
        let found = job(&[("BRANCH_NAME", "PR-x"), ("CHANGE_ID", "x")]);
        assert_eq!(found, common());
    }

    #[test]
    fn one_of_several_remotes() {
        let found = job(&[
            ("GIT_URL", ""),
            ("GIT_URL_1", "git@github.com:octocat/app.git"),
        ]);
        let expected = Job {
            repository_url: text("git@github.com:octocat/app.git"),
            ..common()
        };
        assert_eq!(found, expected);
    }
}
