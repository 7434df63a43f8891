//! Google Cloud Build.
//!
//! Its facts are substitutions. They are variables only where the build maps them
//! (`automapSubstitutions: true`, or `env:`); those without a value are empty.

use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::{System, present};
use crate::env::Env;

/// Google Cloud Build.
pub struct CloudBuild;

impl System for CloudBuild {
    fn name(&self) -> &'static str {
        "cloudbuild"
    }

    fn title(&self) -> &'static str {
        "Google Cloud Build"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "BUILDER_OUTPUT")
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            slug: env.text("REPO_FULL_NAME"),
            sha: commit(env, "COMMIT_SHA").or_else(|| commit(env, "REVISION_ID")),
            job_id: env.text("BUILD_ID"),
            identity: Identity::new(env, &["BUILD_ID"], &["PROJECT_ID", "LOCATION", "BUILD_ID"]),
            ..Refs {
                change: number(env, "_PR_NUMBER"),
                source: env.text("_HEAD_BRANCH"),
                target: env.text("_BASE_BRANCH"),
                tag: env.text("TAG_NAME"),
                branch: env.text("BRANCH_NAME"),
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
            ("BUILDER_OUTPUT", "/builder/outputs"),
            ("PROJECT_ID", "acme"),
            ("LOCATION", "global"),
            ("BUILD_ID", "1-2"),
            ("COMMIT_SHA", SHA),
            ("REPO_FULL_NAME", "octocat/app"),
            ("TAG_NAME", ""),
            ("_PR_NUMBER", ""),
        ];
        CloudBuild.job(&common.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            sha: text(SHA),
            job_id: text("1-2"),
            identity: identity(&[
                ("PROJECT_ID", "acme"),
                ("LOCATION", "global"),
                ("BUILD_ID", "1-2"),
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
        assert_eq!(job(&[("BRANCH_NAME", "main")]), expected);
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job(&[("TAG_NAME", "v1")]), expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("_PR_NUMBER", "17"),
            ("_HEAD_BRANCH", "fix"),
            ("_BASE_BRANCH", "main"),
            ("BRANCH_NAME", "fix"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_is_known_unless_it_is_mapped() {
        let env = Env::from_iter([("BUILDER_OUTPUT", "/builder/outputs")]);
        assert_eq!(CloudBuild.job(&env), Job::default());
    }
}
