//! What the user says about the brand of a registry.

use url::Url;

use super::registry_args::RegistryArgs;
use crate::address::{registry_of_named, without_login};
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Registries;
use crate::registry::{Brands, Settings, names};
use crate::secret::Secret;
use crate::transfer::memory_directory;

/// Which brand the registry has, and how its own API is spoken to.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Brand of the registry")]
pub(super) struct BrandArgs {
    /// The brand (default: found by the host, else by what the registry answers)
    /// [env: WERF_REPO_CONTAINER_REGISTRY]
    ///
    /// A brand's own API takes the login of the docker config where it can. Other secrets are read
    /// from WERF_REPO_DOCKER_HUB_PASSWORD, WERF_REPO_DOCKER_HUB_TOKEN, WERF_REPO_GITHUB_TOKEN,
    /// WERF_REPO_HARBOR_PASSWORD and WERF_REPO_QUAY_TOKEN (an OAuth token), and sent only to a
    /// registry whose brand is told by its host, by this option, or which is that of WERF_REPO or --repo.
    #[arg(long, value_name = "BRAND", alias = "repo-implementation", value_parser = names())]
    pub(super) repo_container_registry: Option<String>,

    /// Where the registry's own API is, if not beside the registry (GitHub, GitLab, Nexus,
    /// Artifactory, Google) [env: DOCKSIDE_REPO_API]
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(super) repo_api: Option<Url>,

    /// The user of Docker Hub's API [env: WERF_REPO_DOCKER_HUB_USERNAME]
    #[arg(long, value_name = "USER", hide_short_help = true)]
    pub(super) repo_docker_hub_username: Option<String>,

    /// The password or access token of that user; better in WERF_REPO_DOCKER_HUB_PASSWORD
    #[arg(long, value_name = "SECRET", hide = true)]
    pub(super) repo_docker_hub_password: Option<String>,

    /// A token of Docker Hub's API; better in WERF_REPO_DOCKER_HUB_TOKEN
    #[arg(long, value_name = "SECRET", hide = true)]
    pub(super) repo_docker_hub_token: Option<String>,

    /// A token of GitHub's API; better in WERF_REPO_GITHUB_TOKEN
    #[arg(long, value_name = "SECRET", hide = true)]
    pub(super) repo_github_token: Option<String>,

    /// The user of Harbor's API [env: WERF_REPO_HARBOR_USERNAME]
    #[arg(long, value_name = "USER", hide_short_help = true)]
    pub(super) repo_harbor_username: Option<String>,

    /// The password of that user; better in WERF_REPO_HARBOR_PASSWORD
    #[arg(long, value_name = "SECRET", hide = true)]
    pub(super) repo_harbor_password: Option<String>,

    /// An OAuth token of Quay's API; better in WERF_REPO_QUAY_TOKEN
    #[arg(long, value_name = "SECRET", hide = true)]
    pub(super) repo_quay_token: Option<String>,
}

impl BrandArgs {
    /// The brands of this run.
    ///
    /// # Errors
    /// A variable has a value that it cannot have.
    pub(super) fn brands(
        &self,
        args: &RegistryArgs,
        registries: &Registries,
        env: &Env,
    ) -> Result<Brands, Failure> {
        self.brands_for(None, args, registries, env)
    }

    /// The same, with a repository given in place of WERF_REPO.
    ///
    /// # Errors
    /// As [`Self::brands`].
    pub(super) fn brands_for(
        &self,
        repo: Option<&str>,
        args: &RegistryArgs,
        registries: &Registries,
        env: &Env,
    ) -> Result<Brands, Failure> {
        let mut settings = self.settings(&OF_REPO, args, registries, env);
        settings.registry = repo
            .or_else(|| env.utf8("WERF_REPO"))
            .and_then(|repo| registry_of_named(repo).ok());
        settings.api = match &self.repo_api {
            Some(api) => Some(api.clone()),
            None => env
                .utf8("DOCKSIDE_REPO_API")
                .map(|text| address(text).map_err(BadVariable))
                .transpose()?,
        };
        let memory = memory_directory(args.docker_config(), env);
        Ok(Brands::new(registries.clone(), settings, memory))
    }

    /// What is said in these options and their variables; of no registry in particular, and of no
    /// API.
    pub(super) fn settings(
        &self,
        variables: &Variables,
        args: &RegistryArgs,
        registries: &Registries,
        env: &Env,
    ) -> Settings {
        let text = |given: &Option<String>, variable: &str| {
            let given = given.clone().filter(|given| !given.is_empty());
            given.or_else(|| env.utf8(variable).map(str::to_owned))
        };
        let secret = |given: &Option<String>, variable: &str| {
            if given.is_some() {
                let option = variable.trim_start_matches("WERF_").replace('_', "-");
                let option = option.to_ascii_lowercase();
                args.report().note(format!(
                    "--{option} is visible to every user of the host: set {variable} instead"
                ));
            }
            text(given, variable).map(Secret::new)
        };
        let given = self.repo_container_registry.as_ref();
        let brand = text(&self.repo_container_registry, variables.brand);
        let (hub, hub_password) = (variables.docker_hub_username, variables.docker_hub_password);
        let (harbor, harbor_password) = (variables.harbor_username, variables.harbor_password);
        Settings {
            brand_is_option: given.is_some_and(|given| !given.is_empty()),
            brand: brand.or_else(|| text(&None, variables.brand_before)),
            registry: None,
            api: None,
            docker_hub_username: text(&self.repo_docker_hub_username, hub),
            docker_hub_password: secret(&self.repo_docker_hub_password, hub_password),
            docker_hub_token: secret(&self.repo_docker_hub_token, variables.docker_hub_token),
            github_token: secret(&self.repo_github_token, variables.github_token),
            harbor_username: text(&self.repo_harbor_username, harbor),
            harbor_password: secret(&self.repo_harbor_password, harbor_password),
            quay_token: secret(&self.repo_quay_token, variables.quay_token),
            context: registries.context().clone(),
        }
    }
}

/// The names of the variables beside the options.
pub(super) struct Variables {
    pub(super) brand: &'static str,
    /// Its older name.
    pub(super) brand_before: &'static str,
    pub(super) docker_hub_username: &'static str,
    pub(super) docker_hub_password: &'static str,
    pub(super) docker_hub_token: &'static str,
    pub(super) github_token: &'static str,
    pub(super) harbor_username: &'static str,
    pub(super) harbor_password: &'static str,
    pub(super) quay_token: &'static str,
}

/// Those of `--repo`.
const OF_REPO: Variables = Variables {
    brand: "WERF_REPO_CONTAINER_REGISTRY",
    brand_before: "WERF_REPO_IMPLEMENTATION",
    docker_hub_username: "WERF_REPO_DOCKER_HUB_USERNAME",
    docker_hub_password: "WERF_REPO_DOCKER_HUB_PASSWORD",
    docker_hub_token: "WERF_REPO_DOCKER_HUB_TOKEN",
    github_token: "WERF_REPO_GITHUB_TOKEN",
    harbor_username: "WERF_REPO_HARBOR_USERNAME",
    harbor_password: "WERF_REPO_HARBOR_PASSWORD",
    quay_token: "WERF_REPO_QUAY_TOKEN",
};

/// The address of an API.
fn address(text: &str) -> Result<Url, BadApi> {
    let url = text.parse::<Url>().ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| BadApi(without_login(text)))
}

/// An address that no API can have.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no address that begins with https:// or http://")]
struct BadApi(String);

/// The same of a variable.
#[derive(Debug, thiserror::Error)]
#[error("DOCKSIDE_REPO_API: {0}")]
struct BadVariable(BadApi);

impl crate::error::Explain for BadVariable {
    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Usage
    }
}
