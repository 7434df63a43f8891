//! GitLab CI, and gitlab-ci-local, which runs its pipelines on a workstation.

use serde::Deserialize;

use super::address::{base_url, url};
use super::job::{Identity, ImageRepository, Job, Login};
use super::refs::{Refs, commit, number};
use super::{System, equals, host};
use crate::env::Env;

/// GitLab CI.
pub struct GitLab;

/// The user of `CI_JOB_TOKEN`.
const JOB_TOKEN_USER: &str = "gitlab-ci-token";

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
                &["CI_SERVER_URL", "CI_PROJECT_ID", "CI_JOB_ID", "CI_PROJECT_DIR"],
            ),
            image_repository: registries.image_repository(),
            logins: registries.logins(),
            ..Job::from(refs(env))
        }
    }

    fn pipeline_annotation(&self) -> (&'static str, &'static str) {
        ("GITLAB_CI_PIPELINE_URL", "gitlab.ci.werf.io/pipeline-url")
    }

    fn job_annotation(&self) -> Option<(&'static str, &'static str)> {
        Some(("GITLAB_CI_JOB_URL", "gitlab.ci.werf.io/job-url"))
    }
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

/// The variables about registries.
#[derive(Debug, Default, Deserialize)]
struct Registries {
    gitlab_ci: Option<String>,
    ci_registry: Option<String>,
    ci_registry_image: Option<String>,
    ci_registry_user: Option<String>,
    ci_registry_password: Option<String>,
    ci_job_token: Option<String>,
    ci_deploy_user: Option<String>,
    ci_deploy_password: Option<String>,
    ci_dependency_proxy_server: Option<String>,
    ci_dependency_proxy_user: Option<String>,
    ci_dependency_proxy_password: Option<String>,
    harbor_url: Option<String>,
    harbor_host: Option<String>,
    harbor_username: Option<String>,
    harbor_password: Option<String>,
}

impl Registries {
    /// Images go where `CI_REGISTRY_IMAGE` says. It is GitLab's own registry unless the user
    /// made it point elsewhere.
    fn image_repository(&self) -> Option<ImageRepository> {
        let name = self.ci_registry_image.clone()?;
        let is_gitlab = match &self.ci_registry {
            Some(registry) => host::of_image(&name) == host::of_address(registry),
            None => true,
        };
        Some(ImageRepository {
            name,
            with_project: false,
            brand: is_gitlab.then_some("gitlab"),
        })
    }

    fn logins(&self) -> Vec<Login> {
        let mut logins = Vec::new();
        for login in [self.own(), self.dependency_proxy(), self.harbor()] {
            // One registry has one login: the first is the most capable.
            logins.extend(login.filter(|new: &Login| {
                !logins.iter().any(|login: &Login| login.registry == new.registry)
            }));
        }
        logins
    }

    /// GitLab's own registry, where the instance has one.
    fn own(&self) -> Option<Login> {
        let registry = match &self.ci_registry {
            Some(registry) => host::of_address(registry),
            None => self.ci_registry_image.as_deref().and_then(host::of_image),
        }?;
        let (username, secret, kind, variable) = self.own_credentials()?;
        Some(Login {
            // gitlab-ci-local invents a registry and a token.
            optional: self.gitlab_ci.as_deref() == Some("false")
                || registry.starts_with("local-registry."),
            registry,
            username: username.to_owned(),
            secret: secret.into(),
            kind,
            variable,
        })
    }

    fn own_credentials(&self) -> Option<(&str, &str, &'static str, &'static str)> {
        if let (Some(user), Some(password)) = (&self.ci_registry_user, &self.ci_registry_password) {
            let is_job_token = user == JOB_TOKEN_USER;
            let kind = if is_job_token { "job token" } else { "registry password" };
            return Some((user, password, kind, "CI_REGISTRY_PASSWORD"));
        }
        if let Some(token) = &self.ci_job_token {
            return Some((JOB_TOKEN_USER, token, "job token", "CI_JOB_TOKEN"));
        }
        let (user, password) = (&self.ci_deploy_user, &self.ci_deploy_password);
        let (user, password) = (user.as_deref()?, password.as_deref()?);
        Some((user, password, "deploy token", "CI_DEPLOY_PASSWORD"))
    }

    /// The group's pull-through cache of Docker Hub, which most jobs do not use.
    fn dependency_proxy(&self) -> Option<Login> {
        Some(Login {
            registry: host::of_address(self.ci_dependency_proxy_server.as_deref()?)?,
            username: self.ci_dependency_proxy_user.clone()?,
            secret: self.ci_dependency_proxy_password.as_deref()?.into(),
            kind: "job token",
            variable: "CI_DEPENDENCY_PROXY_PASSWORD",
            optional: true,
        })
    }

    /// The project's Harbor integration. `HARBOR_HOST` lacks the port that `HARBOR_URL` has.
    fn harbor(&self) -> Option<Login> {
        let address = self.harbor_url.as_ref().or(self.harbor_host.as_ref())?;
        Some(Login {
            registry: host::of_address(address)?,
            username: self.harbor_username.clone()?,
            secret: self.harbor_password.as_deref()?.into(),
            kind: "Harbor password",
            variable: "HARBOR_PASSWORD",
            optional: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    const COMMON: &[(&str, &str)] = &[
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_PATH", "Group/app"),
        ("CI_PROJECT_ID", "12"),
        ("CI_PROJECT_URL", "https://gitlab.example.com/Group/app"),
        ("CI_REPOSITORY_URL", "https://gitlab-ci-token:tok@gitlab.example.com/Group/app.git"),
        ("CI_COMMIT_SHA", SHA),
        ("CI_PIPELINE_URL", "https://gitlab.example.com/Group/app/-/pipelines/5"),
        ("CI_JOB_URL", "https://gitlab.example.com/Group/app/-/jobs/99"),
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
            logins: vec![own("CI_REGISTRY_PASSWORD")],
            ..Job::default()
        }
    }

    fn own(variable: &'static str) -> Login {
        Login {
            registry: "registry.example.com:5050".into(),
            username: "gitlab-ci-token".into(),
            secret: "tok".into(),
            kind: "job token",
            variable,
            optional: false,
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
        let found = job(&[("CI_PROJECT_URL", "https://gitlab-ci-token:tok@gitlab.example.com/g/a")]);
        assert_eq!(found.repository_url, text("https://gitlab.example.com/g/a"));
    }

    #[test]
    fn credentials_of_the_registry() {
        let none = [("CI_REGISTRY_USER", ""), ("CI_REGISTRY_PASSWORD", "")];
        let logins = |changes: &[(&str, &str)]| job(&[&none, changes].concat()).logins;
        let deploy = [("CI_DEPLOY_USER", "gitlab+deploy-token-1"), ("CI_DEPLOY_PASSWORD", "dep")];

        assert_eq!(logins(&deploy), [own("CI_JOB_TOKEN")]);
        let with_deploy = Login {
            username: "gitlab+deploy-token-1".into(),
            secret: "dep".into(),
            kind: "deploy token",
            ..own("CI_DEPLOY_PASSWORD")
        };
        assert_eq!(logins(&[("CI_JOB_TOKEN", ""), deploy[0], deploy[1]]), [with_deploy]);
        assert_eq!(logins(&[("CI_JOB_TOKEN", "")]), []);
        assert_eq!(logins(&[("CI_REGISTRY", "")]), [own("CI_JOB_TOKEN")]);
        assert_eq!(logins(&[("CI_REGISTRY", ""), ("CI_REGISTRY_IMAGE", "")]), []);

        let own_registry = job(&[("CI_REGISTRY_USER", "ann"), ("CI_REGISTRY_PASSWORD", "pw")]).logins;
        let expected = Login {
            username: "ann".into(),
            secret: "pw".into(),
            kind: "registry password",
            ..own("CI_REGISTRY_PASSWORD")
        };
        assert_eq!(own_registry, [expected]);
    }

    #[test]
    fn the_token_goes_to_gitlabs_registry_only() {
        let found = job(&[("CI_REGISTRY_IMAGE", "registry.example.com:5050.evil.example/app")]);
        assert_eq!(found.logins, [own("CI_REGISTRY_PASSWORD")]);
        assert_eq!(found.image_repository.unwrap().brand, None);
    }

    #[test]
    fn dependency_proxy_and_harbor() {
        let found = job(&[
            ("CI_DEPENDENCY_PROXY_SERVER", "gitlab.example.com:443"),
            ("CI_DEPENDENCY_PROXY_USER", "gitlab-ci-token"),
            ("CI_DEPENDENCY_PROXY_PASSWORD", "tok"),
            ("HARBOR_URL", "https://harbor.example.com:8443"),
            ("HARBOR_HOST", "harbor.example.com"),
            ("HARBOR_USERNAME", "robot$app"),
            ("HARBOR_PASSWORD", "hp"),
        ]);
        let proxy = Login {
            registry: "gitlab.example.com:443".into(),
            username: "gitlab-ci-token".into(),
            secret: "tok".into(),
            kind: "job token",
            variable: "CI_DEPENDENCY_PROXY_PASSWORD",
            optional: true,
        };
        let harbor = Login {
            registry: "harbor.example.com:8443".into(),
            username: "robot$app".into(),
            secret: "hp".into(),
            kind: "Harbor password",
            variable: "HARBOR_PASSWORD",
            optional: false,
        };
        assert_eq!(found.logins, [own("CI_REGISTRY_PASSWORD"), proxy, harbor]);
    }

    #[test]
    fn one_registry_has_one_login() {
        let found = job(&[
            ("CI_DEPENDENCY_PROXY_SERVER", "registry.example.com:5050"),
            ("CI_DEPENDENCY_PROXY_USER", "u"),
            ("CI_DEPENDENCY_PROXY_PASSWORD", "p"),
        ]);
        assert_eq!(found.logins, [own("CI_REGISTRY_PASSWORD")]);
    }

    #[test]
    fn what_gitlab_ci_local_invents_may_fail() {
        for changes in [
            [("GITLAB_CI", "false"), ("CI_REGISTRY", "registry.example.com:5050")],
            [("GITLAB_CI", "true"), ("CI_REGISTRY", "local-registry.gitlab.example.com")],
        ] {
            assert!(job(&changes).logins[0].optional, "{changes:?}");
        }
        assert_eq!(GitLab.marker(&Env::from_iter([("GITLAB_CI", "false")])), None);
    }
}
