//! GitHub Actions, on github.com, Enterprise Cloud and Enterprise Server; and act, which runs
//! its workflows locally.

mod registry;

use std::path::Path;

use bstr::ByteSlice;

use super::job::{Job, TempDir};
use super::web::base_url;
use super::{Edge, Group, Summary, System, actions, equals};
use crate::env::Env;
use crate::secret::Secret;

/// GitHub Actions.
pub struct GitHub;

/// The server, where `GITHUB_SERVER_URL` does not name it.
const GITHUB_COM: &str = "https://github.com";

impl System for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub Actions"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        let marker = equals(env, "GITHUB_ACTIONS", "true")?;
        Some(match equals(env, "ACT", "true") {
            Some(act) => format!("{marker} {act}"),
            None => marker,
        })
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        Some(actions::group(edge, group))
    }

    fn summary(&self, env: &Env) -> Option<Summary> {
        Summary::step_file(env)
    }

    fn job(&self, env: &Env) -> Job {
        let server = base_url(env, "GITHUB_SERVER_URL").unwrap_or_else(|| GITHUB_COM.into());
        let registry = server.to_str().ok().and_then(registry::of_server);
        let (temp_dir, identity) = if env.is("ACT", "true") {
            (None, actions::local_identity(env))
        } else {
            (temp_dir(env), actions::identity(env, &[]))
        };
        Job {
            temp_dir,
            identity,
            image_repository: registry
                .as_deref()
                .and_then(|host| actions::image_repository(env, host)),
            logins: registry
                .and_then(|registry| registry::login(env, registry))
                .into_iter()
                .collect(),
            github_token: env.utf8("GITHUB_TOKEN").map(Secret::from),
            ..actions::job(env, Some(server), "GITHUB_RUN_ID")
        }
    }

    /// The runner starts one worker for each job.
    fn job_processes(&self) -> &'static [&'static str] {
        &["Runner.Worker"]
    }

    fn pipeline_annotation(&self) -> (&'static str, &'static str) {
        (
            "GITHUB_ACTIONS_RUN_URL",
            "github.ci.werf.io/workflow-run-url",
        )
    }

    fn job_annotation(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    fn token_advice(&self) -> &'static str {
        "GITHUB_TOKEN is not set; map it in the `env` of the step"
    }
}

/// The runner empties `RUNNER_TEMP` before and after each job. Where it is the directory that
/// all processes share, nobody does.
fn temp_dir(env: &Env) -> Option<TempDir> {
    let path = env.path("RUNNER_TEMP")?;
    let is_shared = path == Path::new("/tmp") || path == Path::new("/var/tmp");
    (path.is_absolute() && !is_shared).then_some(TempDir {
        path,
        cleaned: true,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::super::job::{ImageRepository, Login};
    use super::*;
    use crate::ci::Need;

    const PUSH: &[(&str, &str)] = &[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "Octo-Org/App"),
        ("GITHUB_SHA", SHA),
        ("GITHUB_REF", "refs/heads/feature/x"),
        ("GITHUB_REF_NAME", "feature/x"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_HEAD_REF", ""),
        ("GITHUB_BASE_REF", ""),
        ("GITHUB_RUN_ID", "1658821493"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_JOB", "build"),
        ("GITHUB_ACTOR", "octocat"),
        ("GITHUB_TOKEN", "ghs_x"),
        ("GITHUB_WORKSPACE", "/home/runner/work/App/App"),
        ("RUNNER_NAME", "Hosted Agent"),
        ("RUNNER_TEMP", "/home/runner/work/_temp"),
    ];

    fn env(changes: &[(&str, &str)]) -> Env {
        PUSH.iter().chain(changes).copied().collect()
    }

    fn push() -> Job {
        Job {
            slug: text("Octo-Org/App"),
            repository_url: text("https://github.com/Octo-Org/App"),
            sha: text(SHA),
            branch: text("feature/x"),
            pipeline_url: text("https://github.com/Octo-Org/App/actions/runs/1658821493"),
            server_url: text("https://github.com"),
            workspace: Some("/home/runner/work/App/App".into()),
            temp_dir: Some(TempDir {
                path: "/home/runner/work/_temp".into(),
                cleaned: true,
            }),
            identity: identity(&[
                ("GITHUB_SERVER_URL", "https://github.com"),
                ("GITHUB_REPOSITORY", "Octo-Org/App"),
                ("GITHUB_RUN_ID", "1658821493"),
                ("GITHUB_RUN_ATTEMPT", "2"),
                ("GITHUB_JOB", "build"),
                ("RUNNER_NAME", "Hosted Agent"),
            ]),
            image_repository: Some(ImageRepository {
                name: "ghcr.io/octo-org/app".into(),
                with_project: true,
                brand: None,
            }),
            logins: vec![Login {
                registry: "ghcr.io".into(),
                username: "octocat".into(),
                secret: "ghs_x".into(),
                kind: "job token",
                variable: "GITHUB_TOKEN",
                need: Need::Required,
            }],
            github_token: Some("ghs_x".into()),
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        assert_eq!(GitHub.job(&env(&[])), push());
    }

    #[test]
    fn tag() {
        let env = env(&[
            ("GITHUB_REF", "refs/tags/v1.0"),
            ("GITHUB_REF_NAME", "v1.0"),
            ("GITHUB_REF_TYPE", "tag"),
        ]);
        let expected = Job {
            branch: None,
            tag: text("v1.0"),
            ..push()
        };
        assert_eq!(GitHub.job(&env), expected);
    }

    #[test]
    fn pull_request() {
        let env = env(&[
            ("GITHUB_REF", "refs/pull/17/merge"),
            ("GITHUB_REF_NAME", "17/merge"),
            ("GITHUB_HEAD_REF", "fix"),
            ("GITHUB_BASE_REF", "main"),
        ]);
        assert_eq!(GitHub.job(&env), change_request());
    }

    fn change_request() -> Job {
        Job {
            branch: None,
            source_branch: text("fix"),
            change: change("17", "main"),
            ..push()
        }
    }

    #[test]
    fn pull_request_target_is_numbered_by_the_event() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("event.json");
        std::fs::write(&path, r#"{"pull_request":{"number":17},"x":[]}"#).unwrap();
        let at = |path: &Path| {
            GitHub.job(&env(&[
                ("GITHUB_REF", "refs/heads/main"),
                ("GITHUB_REF_NAME", "main"),
                ("GITHUB_HEAD_REF", "fix"),
                ("GITHUB_BASE_REF", "main"),
                ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ]))
        };
        assert_eq!(at(&path), change_request());

        // Without a number it is still no build of the target branch.
        let unnumbered = Job {
            change: None,
            ..change_request()
        };
        for content in [
            "",
            "{",
            "[]",
            r#"{"pull_request":null}"#,
            r#"{"pull_request":{"number":"$(id)"}}"#,
            r#"{"pull_request":{"number":-1}}"#,
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(at(&path), unnumbered, "{content}");
        }
        assert_eq!(at(directory.path()), unnumbered);
        assert_eq!(at(&directory.path().join("missing")), unnumbered);
    }

    #[test]
    fn without_a_server_it_is_github_com() {
        let job = GitHub.job(&env(&[("GITHUB_SERVER_URL", "")]));
        let mut expected = push();
        expected.identity.0.remove(0);
        assert_eq!(job, expected);
    }

    #[test]
    fn act_has_no_directory_of_its_own() {
        let env = env(&[
            ("ACT", "true"),
            ("RUNNER_TEMP", "/tmp"),
            ("GITHUB_RUN_ID", "1"),
        ]);
        assert_eq!(
            GitHub.marker(&env).as_deref(),
            Some("GITHUB_ACTIONS=true ACT=true")
        );
        let job = GitHub.job(&env);
        assert_eq!(job.temp_dir, None);
        assert_eq!(
            job.identity.0.last().unwrap(),
            &(
                "GITHUB_WORKSPACE".into(),
                "/home/runner/work/App/App".into()
            )
        );
    }

    #[test]
    fn a_shared_directory_is_not_the_jobs() {
        for shared in ["/tmp", "/tmp/", "/var/tmp", "relative"] {
            assert_eq!(GitHub.job(&env(&[("RUNNER_TEMP", shared)])).temp_dir, None);
        }
    }
}
