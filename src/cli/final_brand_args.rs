//! What the user says about the brand of the final repository's registry, as werf has it.

use super::brand_args::{BrandArgs, Variables};
use super::registry_args::RegistryArgs;
use crate::env::Env;
use crate::oci::{Registries, Repository};
use crate::registry::{Settings, names};

/// The options of [`BrandArgs`], said of the final repository alone.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Repositories that werf filled")]
pub(in crate::cli) struct FinalBrandArgs {
    /// The brand of its registry (default: what is said of REPO's, if that is the same)
    /// [env: WERF_FINAL_REPO_CONTAINER_REGISTRY]
    ///
    /// What the options and variables --repo-... and WERF_REPO_... say of REPO, --final-repo-... and
    /// WERF_FINAL_REPO_... say of it. Where none of these is given, those of REPO count.
    #[arg(long, value_name = "BRAND", alias = "final-repo-implementation",
          value_parser = names(), hide_short_help = true)]
    final_repo_container_registry: Option<String>,

    /// The user of Docker Hub's API
    #[arg(long, value_name = "USER", hide = true)]
    final_repo_docker_hub_username: Option<String>,

    /// The password or access token of that user
    #[arg(long, value_name = "SECRET", hide = true)]
    final_repo_docker_hub_password: Option<String>,

    /// A token of Docker Hub's API
    #[arg(long, value_name = "SECRET", hide = true)]
    final_repo_docker_hub_token: Option<String>,

    /// A token of GitHub's API
    #[arg(long, value_name = "SECRET", hide = true)]
    final_repo_github_token: Option<String>,

    /// The user of Harbor's API
    #[arg(long, value_name = "USER", hide = true)]
    final_repo_harbor_username: Option<String>,

    /// The password of that user
    #[arg(long, value_name = "SECRET", hide = true)]
    final_repo_harbor_password: Option<String>,

    /// An OAuth token of Quay's API
    #[arg(long, value_name = "SECRET", hide = true)]
    final_repo_quay_token: Option<String>,
}

impl FinalBrandArgs {
    /// What is said of this final repository, if anything is.
    pub(in crate::cli) fn settings(
        &self,
        repository: &Repository,
        args: &RegistryArgs,
        registries: &Registries,
        env: &Env,
    ) -> Option<Settings> {
        let said = BrandArgs {
            repo_container_registry: self.final_repo_container_registry.clone(),
            repo_api: None,
            repo_docker_hub_username: self.final_repo_docker_hub_username.clone(),
            repo_docker_hub_password: self.final_repo_docker_hub_password.clone(),
            repo_docker_hub_token: self.final_repo_docker_hub_token.clone(),
            repo_github_token: self.final_repo_github_token.clone(),
            repo_harbor_username: self.final_repo_harbor_username.clone(),
            repo_harbor_password: self.final_repo_harbor_password.clone(),
            repo_quay_token: self.final_repo_quay_token.clone(),
        };
        let mut settings = said.settings(&OF_FINAL_REPO, args, registries, env);
        settings.registry = Some(repository.registry().to_owned());
        settings.says_anything().then_some(settings)
    }
}

/// Its variables.
const OF_FINAL_REPO: Variables = Variables {
    brand: "WERF_FINAL_REPO_CONTAINER_REGISTRY",
    brand_before: "WERF_FINAL_REPO_IMPLEMENTATION",
    docker_hub_username: "WERF_FINAL_REPO_DOCKER_HUB_USERNAME",
    docker_hub_password: "WERF_FINAL_REPO_DOCKER_HUB_PASSWORD",
    docker_hub_token: "WERF_FINAL_REPO_DOCKER_HUB_TOKEN",
    github_token: "WERF_FINAL_REPO_GITHUB_TOKEN",
    harbor_username: "WERF_FINAL_REPO_HARBOR_USERNAME",
    harbor_password: "WERF_FINAL_REPO_HARBOR_PASSWORD",
    quay_token: "WERF_FINAL_REPO_QUAY_TOKEN",
};
