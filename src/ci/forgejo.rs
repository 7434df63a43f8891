//! Forgejo Actions.

use super::job::Job;
use super::{Edge, Group, Summary, System, actions, equals};
use crate::env::Env;

/// Forgejo Actions.
pub struct Forgejo;

impl System for Forgejo {
    fn name(&self) -> &'static str {
        "forgejo"
    }

    fn title(&self) -> &'static str {
        "Forgejo Actions"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        equals(env, "FORGEJO_ACTIONS", "true")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        Some(actions::group(edge, group))
    }

    fn summary(&self, env: &Env) -> Option<Summary> {
        Summary::step_file(env)
    }

    fn job(&self, env: &Env) -> Job {
        // Forgejo names the page of a run by its number, not by its id.
        actions::forge_job(env, &["FORGEJO_TOKEN", "GITEA_TOKEN"], "GITHUB_RUN_NUMBER")
    }

    fn token_advice(&self) -> &'static str {
        "FORGEJO_TOKEN is not set; map a secret to it in the `env` of the step"
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::super::job::{ImageRepository, Login};
    use super::*;
    use crate::ci::Need;

    const PUSH: &[(&str, &str)] = &[
        ("FORGEJO_ACTIONS", "true"),
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
        Forgejo.job(&PUSH.iter().chain(changes).copied().collect())
    }

    fn push() -> Job {
        Job {
            slug: text("Team/App"),
            repository_url: text("https://git.example.com:3000/Team/App"),
            sha: text(SHA),
            branch: text("main"),
            pipeline_url: text("https://git.example.com:3000/Team/App/actions/runs/7"),
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
            variable: "FORGEJO_TOKEN",
            need: Need::Required,
        };
        assert_eq!(job(&[("FORGEJO_TOKEN", "own")]).logins, [expected]);

        let logins = job(&[("FORGEJO_TOKEN", "job")]).logins;
        assert_eq!(logins[0].need, Need::Optional, "it is the job's own token");
    }

    #[test]
    fn without_a_server_there_is_no_registry() {
        let found = job(&[("GITHUB_SERVER_URL", "")]);
        assert_eq!((found.logins, found.image_repository), (Vec::new(), None));
    }
}
