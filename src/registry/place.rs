//! A repository, and what is known of it before it is spoken to as its brand wants it.

use std::sync::Arc;

use url::Url;

use super::default::Default;
use super::shown::Shown;
use crate::auth::Context;
use crate::oci::Remote;
use crate::secret::Secret;

/// A repository whose brand is known.
pub struct Place {
    /// The repository.
    pub remote: Remote,
    /// What the user said about registries.
    pub settings: Arc<Settings>,
    /// What it showed, if it was asked.
    pub shown: Option<Shown>,
    /// Whether the brand's own credentials among the [`Settings`] are for this registry: its host
    /// is the vendor's, or the user named the brand, or it is the registry of `--repo`. What a
    /// registry says of itself is not enough to be sent a secret.
    pub is_trusted: bool,
}

impl Place {
    /// The distribution API's way to speak to it.
    pub fn base(&self) -> Default {
        Default::new(self.remote.clone())
    }

    /// The registry, `host` or `host:port`.
    pub fn registry(&self) -> &str {
        self.remote.repository().registry()
    }

    /// The repository's path at the registry.
    pub fn path(&self) -> &str {
        self.remote.repository().path()
    }

    /// Where the registry's own API is, if the user said so. Beside a `--repo` at another registry
    /// that is said of the other one.
    pub fn api(&self) -> Option<&Url> {
        let named = self.settings.registry.as_deref();
        let is_here = named.is_none_or(|named| named == self.registry());
        self.settings.api.as_ref().filter(|_| is_here)
    }

    /// A secret of the settings, if it is for this registry.
    pub fn trusted<'a>(&self, secret: &'a Option<Secret>) -> Option<&'a Secret> {
        secret.as_ref().filter(|_| self.is_trusted)
    }
}

/// What the user said about registries (`--repo-*` and `WERF_REPO_*`).
#[derive(Clone)]
pub struct Settings {
    /// The brand's name, from `--repo-container-registry` or its variables.
    pub brand: Option<String>,
    /// Whether the brand is an option of this command, and so is said of its repositories. The
    /// variables are said of [`Self::registry`], if there is one.
    pub brand_is_option: bool,
    /// The registry of `--repo` or `WERF_REPO`.
    pub registry: Option<String>,
    /// Where the registry's own API is, where that cannot be known from the registry's address.
    pub api: Option<Url>,
    /// The user at Docker Hub.
    pub docker_hub_username: Option<String>,
    /// The password or access token of that user.
    pub docker_hub_password: Option<Secret>,
    /// A token of Docker Hub's API.
    pub docker_hub_token: Option<Secret>,
    /// A token of GitHub.
    pub github_token: Option<Secret>,
    /// The user at Harbor.
    pub harbor_username: Option<String>,
    /// The password of that user.
    pub harbor_password: Option<Secret>,
    /// An OAuth token of Quay.
    pub quay_token: Option<Secret>,
    /// Who is asked for identities, and how.
    pub context: Context,
}

impl Settings {
    /// Whether the user said anything of a brand or its credentials.
    pub fn says_anything(&self) -> bool {
        let names = [
            &self.brand,
            &self.docker_hub_username,
            &self.harbor_username,
        ];
        let secrets = [
            &self.docker_hub_password,
            &self.docker_hub_token,
            &self.github_token,
            &self.harbor_password,
            &self.quay_token,
        ];
        names.into_iter().any(Option::is_some) || secrets.into_iter().any(Option::is_some)
    }
}
