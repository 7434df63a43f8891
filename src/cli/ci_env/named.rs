//! What the user named: registries to log in to, the repository and its brand.

use super::args::Args;
use super::brand_secrets::BrandSecrets;
use crate::address::registry_of_named;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::registry::names;

/// What the user named.
pub(super) struct Named<'a> {
    /// From `--login`.
    pub(super) logins: &'a [String],
    /// The registry of `--repo` or `WERF_REPO`.
    pub(super) registry: Option<String>,
    /// From `--repo-container-registry` or its variables.
    pub(super) brand: Option<&'a str>,
    /// From `--repo-docker-hub-username`.
    pub(super) docker_hub_username: Option<&'a str>,
    /// From `--repo-harbor-username`.
    pub(super) harbor_username: Option<&'a str>,
    /// The secrets of brands that the command line has.
    pub(super) secrets: &'a BrandSecrets,
}

/// A brand that no registry here has.
#[derive(Debug, thiserror::Error)]
#[error("unknown brand of registry `{0}`")]
struct UnknownBrand(String);

impl Explain for UnknownBrand {
    fn hint(&self) -> Option<String> {
        Some(format!("use one of {}", names().join(", ")))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl<'a> Named<'a> {
    /// Reads it from the command line and werf's variables.
    ///
    /// # Errors
    /// The repository or its brand cannot be one. Going on would mean no login.
    pub(super) fn of(args: &'a Args, env: &'a Env) -> Result<Self, Failure> {
        let repository = given(args.repo.as_deref()).or_else(|| env.utf8("WERF_REPO"));
        let brand = given(args.repo_container_registry.as_deref())
            .or_else(|| env.utf8("WERF_REPO_CONTAINER_REGISTRY"))
            .or_else(|| env.utf8("WERF_REPO_IMPLEMENTATION"));
        if let Some(brand) = brand.filter(|brand| !names().contains(brand)) {
            return Err(UnknownBrand(brand.to_owned()).into());
        }
        Ok(Self {
            logins: &args.login,
            registry: repository.map(registry_of_named).transpose()?,
            brand,
            docker_hub_username: given(args.repo_docker_hub_username.as_deref())
                .or_else(|| env.utf8("WERF_REPO_DOCKER_HUB_USERNAME")),
            harbor_username: given(args.repo_harbor_username.as_deref())
                .or_else(|| env.utf8("WERF_REPO_HARBOR_USERNAME")),
            secrets: &args.werf.secrets,
        })
    }
}

/// An option's value. An empty one counts as absent, like an empty variable: scripts write
/// `--repo "$REPO"`.
pub(super) fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}
