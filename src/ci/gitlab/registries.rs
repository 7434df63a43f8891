//! GitLab's variables about registries, and whose credentials belong to which.

use serde::Deserialize;

use super::super::job::{ImageRepository, Login, Need};
use crate::address::{is_docker_hub, registry_host, registry_of};

/// The user of `CI_JOB_TOKEN`.
const JOB_TOKEN_USER: &str = "gitlab-ci-token";

/// The kind of a secret that is not GitLab's own.
const REGISTRY_PASSWORD: &str = "registry password";

/// The variables about registries.
#[derive(Default, Deserialize)]
pub(super) struct Registries {
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
    pub(super) fn image_repository(&self) -> Option<ImageRepository> {
        let name = self.ci_registry_image.clone()?;
        let is_gitlab = match &self.ci_registry {
            Some(registry) => registry_of(&name) == registry_host(registry).ok(),
            None => true,
        };
        Some(ImageRepository {
            name,
            with_project: false,
            brand: is_gitlab.then_some("gitlab"),
        })
    }

    /// The logins that the variables allow, the most important first.
    pub(super) fn logins(&self) -> Vec<Login> {
        let mut logins = Vec::new();
        for login in [self.own(), self.dependency_proxy(), self.harbor()] {
            // One registry has one login: the first is the most capable.
            logins.extend(login.filter(|new: &Login| {
                !logins
                    .iter()
                    .any(|login: &Login| login.registry == new.registry)
            }));
        }
        logins
    }

    /// GitLab's own registry, where the instance has one.
    fn own(&self) -> Option<Login> {
        let registry = match &self.ci_registry {
            Some(registry) => registry_host(registry).ok(),
            None => self.ci_registry_image.as_deref().and_then(registry_of),
        }?;
        let (username, secret, kind, variable) = self.own_credentials()?;
        // Who points `CI_REGISTRY` to Docker Hub brings credentials for it, or logs in there by
        // other means: GitLab's tokens must not go there.
        if kind != REGISTRY_PASSWORD && is_docker_hub(&registry) {
            return None;
        }
        Some(Login {
            // gitlab-ci-local invents a registry and a token.
            need: if self.gitlab_ci.as_deref() == Some("false") {
                Need::Optional
            } else {
                Need::Required
            },
            registry,
            username: username.to_owned(),
            secret: secret.into(),
            kind,
            variable,
        })
    }

    fn own_credentials(&self) -> Option<(&str, &str, &'static str, &'static str)> {
        if let (Some(user), Some(password)) = (&self.ci_registry_user, &self.ci_registry_password) {
            let is_job_token =
                user == JOB_TOKEN_USER || self.ci_job_token.as_ref() == Some(password);
            let kind = if is_job_token {
                "job token"
            } else {
                REGISTRY_PASSWORD
            };
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
            registry: registry_host(self.ci_dependency_proxy_server.as_deref()?).ok()?,
            username: self.ci_dependency_proxy_user.clone()?,
            secret: self.ci_dependency_proxy_password.as_deref()?.into(),
            kind: "job token",
            variable: "CI_DEPENDENCY_PROXY_PASSWORD",
            need: Need::Optional,
        })
    }

    /// The project's Harbor integration. `HARBOR_HOST` lacks the port that `HARBOR_URL` has.
    fn harbor(&self) -> Option<Login> {
        let address = self.harbor_url.as_ref().or(self.harbor_host.as_ref())?;
        Some(Login {
            registry: registry_host(address).ok()?,
            username: self.harbor_username.clone()?,
            secret: self.harbor_password.as_deref()?.into(),
            kind: "Harbor password",
            variable: "HARBOR_PASSWORD",
            need: Need::Required,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    const COMMON: &[(&str, &str)] = &[
        ("GITLAB_CI", "true"),
        ("CI_REGISTRY", "registry.example.com:5050"),
        ("CI_REGISTRY_IMAGE", "registry.example.com:5050/group/app"),
        ("CI_REGISTRY_USER", "gitlab-ci-token"),
        ("CI_REGISTRY_PASSWORD", "tok"),
        ("CI_JOB_TOKEN", "tok"),
    ];

    fn registries(changes: &[(&str, &str)]) -> Registries {
        let env: Env = COMMON.iter().chain(changes).copied().collect();
        env.read()
    }

    fn own(variable: &'static str) -> Login {
        Login {
            registry: "registry.example.com:5050".into(),
            username: "gitlab-ci-token".into(),
            secret: "tok".into(),
            kind: "job token",
            variable,
            need: Need::Required,
        }
    }

    #[test]
    fn credentials_of_the_registry() {
        let none = [("CI_REGISTRY_USER", ""), ("CI_REGISTRY_PASSWORD", "")];
        let logins = |changes: &[(&str, &str)]| registries(&[&none, changes].concat()).logins();
        let deploy = [
            ("CI_DEPLOY_USER", "gitlab+deploy-token-1"),
            ("CI_DEPLOY_PASSWORD", "dep"),
        ];

        assert_eq!(logins(&deploy), [own("CI_JOB_TOKEN")]);
        let with_deploy = Login {
            username: "gitlab+deploy-token-1".into(),
            secret: "dep".into(),
            kind: "deploy token",
            ..own("CI_DEPLOY_PASSWORD")
        };
        assert_eq!(
            logins(&[("CI_JOB_TOKEN", ""), deploy[0], deploy[1]]),
            [with_deploy]
        );
        assert_eq!(logins(&[("CI_JOB_TOKEN", "")]), []);
        assert_eq!(logins(&[("CI_REGISTRY", "")]), [own("CI_JOB_TOKEN")]);
        assert_eq!(
            logins(&[("CI_REGISTRY", ""), ("CI_REGISTRY_IMAGE", "")]),
            []
        );

        let own_registry =
            registries(&[("CI_REGISTRY_USER", "ann"), ("CI_REGISTRY_PASSWORD", "pw")]).logins();
        let expected = Login {
            username: "ann".into(),
            secret: "pw".into(),
            kind: REGISTRY_PASSWORD,
            ..own("CI_REGISTRY_PASSWORD")
        };
        assert_eq!(own_registry, [expected]);
    }

    #[test]
    fn the_token_goes_to_gitlabs_registry_only() {
        let found = registries(&[(
            "CI_REGISTRY_IMAGE",
            "registry.example.com:5050.evil.example/app",
        )]);
        assert_eq!(found.logins(), [own("CI_REGISTRY_PASSWORD")]);
        assert_eq!(found.image_repository().unwrap().brand, None);
    }

    #[test]
    fn gitlabs_token_does_not_go_to_docker_hub() {
        let hub = ("CI_REGISTRY", "https://index.docker.io/v1/");
        assert_eq!(registries(&[hub]).logins(), []);
        assert_eq!(registries(&[hub, ("CI_REGISTRY_USER", "ann")]).logins(), []);
        assert_eq!(
            registries(&[("CI_REGISTRY", ""), ("CI_REGISTRY_IMAGE", "ann/app")]).logins(),
            []
        );
        let own = [("CI_REGISTRY_USER", "ann"), ("CI_REGISTRY_PASSWORD", "pw")];
        let logins = registries(&[hub, own[0], own[1]]).logins();
        assert_eq!(logins[0].registry, "docker.io");
    }

    #[test]
    fn dependency_proxy_and_harbor() {
        let found = registries(&[
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
            need: Need::Optional,
        };
        let harbor = Login {
            registry: "harbor.example.com:8443".into(),
            username: "robot$app".into(),
            secret: "hp".into(),
            kind: "Harbor password",
            variable: "HARBOR_PASSWORD",
            need: Need::Required,
        };
        assert_eq!(found.logins(), [own("CI_REGISTRY_PASSWORD"), proxy, harbor]);
    }

    #[test]
    fn one_registry_has_one_login() {
        let found = registries(&[
            ("CI_DEPENDENCY_PROXY_SERVER", "registry.example.com:5050"),
            ("CI_DEPENDENCY_PROXY_USER", "u"),
            ("CI_DEPENDENCY_PROXY_PASSWORD", "p"),
        ]);
        assert_eq!(found.logins(), [own("CI_REGISTRY_PASSWORD")]);
    }

    #[test]
    fn what_gitlab_ci_local_invents_may_fail() {
        let need = |gitlab_ci| {
            let registry = ("CI_REGISTRY", "local-registry.gitlab.example.com");
            registries(&[("GITLAB_CI", gitlab_ci), registry]).logins()[0].need
        };
        assert_eq!(need("false"), Need::Optional);
        // GitLab itself may have a registry of such a name.
        assert_eq!(need("true"), Need::Required);
    }
}
