//! The logins of the job, as nodes of a cluster can use them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::error::Error;
use crate::address::{DOCKER_HUB, is_docker_hub, registry_host};
use crate::auth::{AZURE_TOKEN_USER, Found, Keychain, end, is_azure_host};
use crate::docker::{Credential, Kind, registry_and_scope, registry_key};

/// The user of GitLab's job tokens (docs.gitlab.com, "GitLab CI/CD job token").
const GITLAB_JOB: &str = "gitlab-ci-token";

/// What tokens of GitHub's apps begin with, `GITHUB_TOKEN` among them (docs.github.com, "About
/// authentication to GitHub").
const GITHUB_JOB: &str = "ghs_";

/// A login that a node can use.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// `HOST`, `HOST/PATH`, or Docker Hub's key: what the kubelet compares images with.
    pub key: String,
    /// A user with a password.
    pub credential: Credential,
    /// Until when it is good, if that is known.
    pub expires: Option<Timestamp>,
}

impl Login {
    /// Whether it is the token of a job, and ends when the job does.
    pub fn ends_with_job(&self) -> bool {
        self.credential.username == GITLAB_JOB
            || self.credential.secret.expose().starts_with(GITHUB_JOB)
    }
}

/// The logins to these registries, to all that the docker config names if there are none. Helpers
/// are asked, and what ends is made anew.
///
/// # Errors
/// The config cannot be used; a registry has no login, or one that has ended, or that a node cannot
/// use.
pub fn logins(keychain: &Keychain, registries: &[String]) -> Result<Vec<Login>, Error> {
    let hosts: Vec<String> = registries
        .iter()
        .map(|registry| registry_host(registry))
        .collect::<Result<_, _>>()?;
    let known = keychain.keys();
    let mut places: BTreeSet<(String, String)> =
        known.iter().filter_map(|key| place(key)).collect();
    if !hosts.is_empty() {
        places.retain(|(host, _)| hosts.contains(host));
        places.extend(hosts.iter().map(|host| (host.clone(), String::new())));
    }
    if places.is_empty() {
        // That the config cannot be read is said by whoever looks into it.
        places.insert((DOCKER_HUB.to_owned(), String::new()));
    }
    let mut logins = Vec::new();
    let mut let_in: BTreeSet<String> = BTreeSet::new();
    for (host, scope) in places {
        let registry = match scope.as_str() {
            "" => host.clone(),
            scope => format!("{host}/{scope}"),
        };
        let found = keychain
            .find(&host, &scope)
            .map_err(|source| Error::Login {
                registry: registry.clone(),
                source,
            })?;
        let Some(login) = usable(found, &host, &registry)? else {
            continue;
        };
        let key = match scope.is_empty() {
            true => registry_key(&host).to_owned(),
            false => registry,
        };
        logins.push(Login { key, ..login });
        let_in.insert(host);
    }
    match hosts.into_iter().find(|host| !let_in.contains(host)) {
        Some(registry) => Err(Error::None { registry, known }),
        None if logins.is_empty() => Err(Error::Nothing),
        None => Ok(logins),
    }
}

/// The registry of a key, as references name it, and the path that it is for.
fn place(key: &str) -> Option<(String, String)> {
    let (host, scope) = registry_and_scope(key)?;
    let host = match is_docker_hub(host) {
        true => DOCKER_HUB.to_owned(),
        false => host.to_ascii_lowercase(),
    };
    Some((host, scope.to_owned()))
}

/// What was found, as a user with a password: the kubelet reads nothing else (kubernetes,
/// `pkg/credentialprovider/config.go`).
fn usable(found: Found, host: &str, registry: &str) -> Result<Option<Login>, Error> {
    let Some(credential) = found.credential else {
        return Ok(None);
    };
    let made = found.renewing.as_ref();
    let expires = made
        .and_then(|made| made.expires())
        .or_else(|| end(&credential.secret));
    if let Some(at) = expires.filter(|at| *at <= Timestamp::now()) {
        return Err(Error::Ended {
            registry: registry.to_owned(),
            at,
            origin: found.origin,
        });
    }
    let unusable = |what| Error::Unusable {
        registry: registry.to_owned(),
        what,
        origin: found.origin.clone(),
    };
    let credential = match credential.kind {
        Kind::Password if credential.username.is_empty() => {
            return Err(unusable("a password without a user"));
        }
        Kind::Password if credential.username.contains(':') => {
            return Err(unusable("of a user with a colon in the name"));
        }
        Kind::Password => credential,
        Kind::IdentityToken if is_azure_host(host) => {
            Credential::password(AZURE_TOKEN_USER, credential.secret.expose())
        }
        Kind::IdentityToken => return Err(unusable("an identity token")),
        Kind::RegistryToken => return Err(unusable("a bearer token")),
    };
    Ok(Some(Login {
        key: String::new(),
        credential,
        expires,
    }))
}
