//! GitLab CI, and gitlab-ci-local, which runs its pipelines on a workstation.

mod registries;

use self::registries::Registries;
use super::job::{Identity, Job};
use super::refs::{Refs, commit, number};
use super::web::{base_url, url};
use super::{Edge, Group, System, equals};
use crate::env::Env;

/// GitLab CI.
pub struct GitLab;

impl System for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab CI"
    }

    /// gitlab-ci-local sets `GITLAB_CI=false`, so that only a user can say that it is meant.
    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "GITLAB_CI", "true")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        let (erase, seconds) = ("\x1b[0K", group.seconds);
        let (title, name) = (group.title, group.name());
        Some(match edge {
            Edge::Open => {
                format!("{erase}section_start:{seconds}:{name}[collapsed=true]\r{erase}{title}\n")
            }
            Edge::Close => format!("{erase}section_end:{seconds}:{name}\r{erase}\n"),
        })
    }

    fn job(&self, env: &Env) -> Job {
        let registries: Registries = env.read();
        Job {
            slug: env.text("CI_PROJECT_PATH"),
            repository_url: base_url(env, "CI_PROJECT_URL"),
            sha: commit(env, "CI_COMMIT_SHA"),
            environment: env.text("CI_ENVIRONMENT_NAME"),
            environment_slug: env.text("CI_ENVIRONMENT_SLUG"),
            pipeline_url: url(env, "CI_PIPELINE_URL"),
            job_url: url(env, "CI_JOB_URL"),
            job_id: env.text("CI_JOB_ID"),
            server_url: base_url(env, "CI_SERVER_URL"),
            server_version: env.text("CI_SERVER_VERSION"),
            workspace: env.path("CI_PROJECT_DIR"),
            // A retry has a job id of its own. gitlab-ci-local counts from the same start in
            // every project directory.
            identity: Identity::new(
                env,
                &["CI_JOB_ID"],
                &[
                    "CI_SERVER_URL",
                    "CI_PROJECT_ID",
                    "CI_JOB_ID",
                    "CI_PROJECT_DIR",
                ],
            ),
            image_repository: registries.image_repository(),
            logins: registries.logins(),
            ..Job::from(refs(env))
        }
    }

    /// GitLab's log showed no colour in the versions after 12.1.3 and before 12.2.0
    /// (werf, `cmd/werf/ci_env/ci_env.go`).
    fn shows_colour(&self, job: &Job) -> bool {
        let version = job.server_version.as_ref().and_then(|text| release(text));
        !version.is_some_and(|version| ((12, 1, 4)..(12, 2, 0)).contains(&version))
    }

    fn pipeline_annotation(&self) -> (&'static str, &'static str) {
        ("GITLAB_CI_PIPELINE_URL", "gitlab.ci.werf.io/pipeline-url")
    }

    fn job_annotation(&self) -> Option<(&'static str, &'static str)> {
        Some(("GITLAB_CI_JOB_URL", "gitlab.ci.werf.io/job-url"))
    }

    fn token_advice(&self) -> &'static str {
        "neither CI_JOB_TOKEN nor CI_REGISTRY_PASSWORD is set for it"
    }
}

/// The three numbers of a version such as `12.1.5-ee`.
fn release(version: &[u8]) -> Option<(u32, u32, u32)> {
    let text = std::str::from_utf8(version).ok()?;
    let mut numbers = text.split(['.', '-']).map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

/// `CI_MERGE_REQUEST_IID` is the number that people see; `_ID` counts over the whole instance.
fn refs(env: &Env) -> Refs {
    Refs {
        change: number(env, "CI_MERGE_REQUEST_IID")
            .or_else(|| number(env, "CI_EXTERNAL_PULL_REQUEST_IID")),
        source: env
            .text("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
            .or_else(|| env.text("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME")),
        target: env
            .text("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
            .or_else(|| env.text("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME")),
        tag: env.text("CI_COMMIT_TAG"),
        branch: env.text("CI_COMMIT_BRANCH"),
        ..Refs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::super::job::{ImageRepository, Login};
    use super::*;
    use crate::ci::Need;

    const COMMON: &[(&str, &str)] = &[
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_PATH", "Group/app"),
        ("CI_PROJECT_ID", "12"),
        ("CI_PROJECT_URL", "https://gitlab.example.com/Group/app"),
        (
            "CI_REPOSITORY_URL",
            "https://gitlab-ci-token:tok@gitlab.example.com/Group/app.git",
        ),
        ("CI_COMMIT_SHA", SHA),
        (
            "CI_PIPELINE_URL",
            "https://gitlab.example.com/Group/app/-/pipelines/5",
        ),
        (
            "CI_JOB_URL",
            "https://gitlab.example.com/Group/app/-/jobs/99",
        ),
        ("CI_JOB_ID", "99"),
        ("CI_SERVER_URL", "https://gitlab.example.com"),
        ("CI_SERVER_VERSION", "17.5.1-ee"),
        ("CI_PROJECT_DIR", "/builds/Group/app"),
        ("CI_REGISTRY", "registry.example.com:5050"),
        ("CI_REGISTRY_IMAGE", "registry.example.com:5050/group/app"),
        ("CI_REGISTRY_USER", "gitlab-ci-token"),
        ("CI_REGISTRY_PASSWORD", "tok"),
        ("CI_JOB_TOKEN", "tok"),
    ];

    fn job(changes: &[(&str, &str)]) -> Job {
        GitLab.job(&COMMON.iter().chain(changes).copied().collect())
    }

    fn common() -> Job {
        Job {
            slug: text("Group/app"),
            repository_url: text("https://gitlab.example.com/Group/app"),
            sha: text(SHA),
            pipeline_url: text("https://gitlab.example.com/Group/app/-/pipelines/5"),
            job_url: text("https://gitlab.example.com/Group/app/-/jobs/99"),
            job_id: text("99"),
            server_url: text("https://gitlab.example.com"),
            server_version: text("17.5.1-ee"),
            workspace: Some("/builds/Group/app".into()),
            identity: identity(&[
                ("CI_SERVER_URL", "https://gitlab.example.com"),
                ("CI_PROJECT_ID", "12"),
                ("CI_JOB_ID", "99"),
                ("CI_PROJECT_DIR", "/builds/Group/app"),
            ]),
            image_repository: Some(ImageRepository {
                name: "registry.example.com:5050/group/app".into(),
                with_project: false,
                brand: Some("gitlab"),
            }),
            logins: vec![Login {
                registry: "registry.example.com:5050".into(),
                username: "gitlab-ci-token".into(),
                secret: "tok".into(),
                kind: "job token",
                variable: "CI_REGISTRY_PASSWORD",
                need: Need::Required,
            }],
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        let found = job(&[
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_ENVIRONMENT_NAME", "review/Main"),
            ("CI_ENVIRONMENT_SLUG", "review-main-1abc"),
        ]);
        let expected = Job {
            branch: text("main"),
            environment: text("review/Main"),
            environment_slug: text("review-main-1abc"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn tag() {
        let found = job(&[("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_REF_NAME", "v1")]);
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn merge_request() {
        let found = job(&[
            ("CI_COMMIT_REF_NAME", "fix"),
            ("CI_MERGE_REQUEST_ID", "40017"),
            ("CI_MERGE_REQUEST_IID", "17"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "fix"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]);
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn external_pull_request() {
        let found = job(&[
            ("CI_EXTERNAL_PULL_REQUEST_IID", "3"),
            ("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "fix"),
            ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]);
        assert_eq!(found.change, change("3", "main"));
        assert_eq!(found.source_branch, text("fix"));
    }

    #[test]
    fn the_repository_address_never_carries_the_token() {
        let found = job(&[(
            "CI_PROJECT_URL",
            "https://gitlab-ci-token:tok@gitlab.example.com/g/a",
        )]);
        assert_eq!(found.repository_url, text("https://gitlab.example.com/g/a"));
    }

    #[test]
    fn gitlab_ci_local_is_found_only_by_name() {
        assert_eq!(
            GitLab.marker(&Env::from_iter([("GITLAB_CI", "false")])),
            None
        );
    }
}
