//! Gitea Actions.

use super::job::Job;
use super::{Edge, Group, Summary, System, actions, equals};
use crate::env::Env;

/// Gitea Actions.
pub struct Gitea;

impl System for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn title(&self) -> &'static str {
        "Gitea Actions"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "GITEA_ACTIONS", "true")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        Some(actions::group(edge, group))
    }

    fn summary(&self, env: &Env) -> Option<Summary> {
        Summary::step_file(env)
    }

    fn job(&self, env: &Env) -> Job {
        // The page of a run is named by its id since Gitea 1.26, by its number before. On an old
        // server an id leads nowhere; on a new one a number leads to another run.
        actions::forge_job(env, &["GITEA_TOKEN", "FORGEJO_TOKEN"], "GITHUB_RUN_ID")
    }

    fn token_advice(&self) -> &'static str {
        "GITEA_TOKEN is not set; map a secret to it in the `env` of the step"
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::super::job::{ImageRepository, Login};
    use super::*;
    use crate::ci::Need;

    const PUSH: &[(&str, &str)] = &[
        ("GITEA_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://git.example.com:3000/"),
        ("GITHUB_REPOSITORY", "Team/App"),
        ("GITHUB_SHA", SHA),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_RUN_ID", "41"),
        ("GITHUB_RUN_NUMBER", "7"),
        ("GITHUB_JOB", "build"),
        ("GITHUB_ACTOR", "ann"),
        ("GITHUB_TOKEN", "job"),
        ("GITHUB_WORKSPACE", "/workspace/Team/App"),
        ("RUNNER_TEMP", "/tmp"),
    ];

    fn job(changes: &[(&str, &str)]) -> Job {
        Gitea.job(&PUSH.iter().chain(changes).copied().collect())
    }

    fn push() -> Job {
        Job {
            slug: text("Team/App"),
            repository_url: text("https://git.example.com:3000/Team/App"),
            sha: text(SHA),
            branch: text("main"),
            pipeline_url: text("https://git.example.com:3000/Team/App/actions/runs/41"),
            server_url: text("https://git.example.com:3000"),
            workspace: Some("/workspace/Team/App".into()),
            identity: identity(&[
                ("GITHUB_SERVER_URL", "https://git.example.com:3000/"),
                ("GITHUB_REPOSITORY", "Team/App"),
                ("GITHUB_RUN_ID", "41"),
                ("GITHUB_JOB", "build"),
                ("GITHUB_WORKSPACE", "/workspace/Team/App"),
            ]),
            image_repository: Some(ImageRepository {
                name: "git.example.com:3000/team/app".into(),
                with_project: true,
                brand: None,
            }),
            logins: vec![Login {
                registry: "git.example.com:3000".into(),
                username: "ann".into(),
                secret: "job".into(),
                kind: "job token",
                variable: "GITHUB_TOKEN",
                need: Need::Optional,
            }],
            ..Job::default()
        }
    }

    #[test]
    fn branch() {
        assert_eq!(job(&[]), push());
    }

    #[test]
    fn tag() {
        let found = job(&[
            ("GITHUB_REF", "refs/tags/v1"),
            ("GITHUB_REF_TYPE", "tag"),
            ("GITHUB_REF_NAME", "v1"),
        ]);
        let expected = Job {
            branch: None,
            tag: text("v1"),
            ..push()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn pull_request() {
        let found = job(&[
            ("GITHUB_REF", "refs/pull/3/head"),
            ("GITHUB_REF_NAME", "3/head"),
            ("GITHUB_HEAD_REF", "fix"),
            ("GITHUB_BASE_REF", "main"),
        ]);
        let expected = Job {
            branch: None,
            source_branch: text("fix"),
            change: change("3", "main"),
            ..push()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_token_of_the_user_is_preferred_and_must_work() {
        let expected = Login {
            registry: "git.example.com:3000".into(),
            username: "ann".into(),
            secret: "own".into(),
            kind: "access token",
            variable: "GITEA_TOKEN",
            need: Need::Required,
        };
        assert_eq!(job(&[("GITEA_TOKEN", "own")]).logins, [expected]);

        let logins = job(&[("GITEA_TOKEN", "job")]).logins;
        assert_eq!(logins[0].need, Need::Optional, "it is the job's own token");
    }

    #[test]
    fn without_a_server_there_is_no_registry() {
        let found = job(&[("GITHUB_SERVER_URL", "")]);
        assert_eq!((found.logins, found.image_repository), (Vec::new(), None));
    }
}
