//! Which registries the job logs in to, and with what.

use std::path::PathBuf;

use crate::address::{registry_host, registry_of};
use crate::ci::Job;
use crate::docker::{self, Credential, Source};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::secret::Secret;

/// Variables that name registries begin so.
const PREFIX: &str = "DOCKSIDE_REGISTRY_";

/// What a variable that names a registry may not end with: these belong to one that does.
const SUFFIXES: [&str; 3] = ["_USERNAME", "_PASSWORD", "_PASSWORD_FILE"];

/// A login that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The registry, `host` or `host:port`.
    pub(super) registry: String,
    /// With what.
    pub(super) credential: Credential,
    /// What kind of secret that is, for people.
    pub(super) kind: &'static str,
    /// Where the credential comes from, for people.
    pub(super) origin: String,
    /// Whether the job may go on without this login.
    pub(super) optional: bool,
}

/// What the user named.
pub(super) struct Named<'a> {
    /// From `--login`.
    pub(super) logins: &'a [String],
    /// From `--repo` or `WERF_REPO`.
    pub(super) repository: Option<&'a str>,
    /// From `--repo-container-registry` or its variables.
    pub(super) brand: Option<&'a str>,
    /// From `--repo-docker-hub-username`.
    pub(super) docker_hub_username: Option<&'a str>,
    /// From `--repo-harbor-username`.
    pub(super) harbor_username: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{variable} names the registry {registry}, but {missing} is not set")]
    Incomplete {
        variable: String,
        registry: String,
        missing: String,
    },
    #[error("cannot read the password in {}, which {variable} names", path.display())]
    PasswordFile {
        variable: String,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("there are no credentials for the registry {0}")]
    NoCredentials(String),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Incomplete { .. } => Some(
                "set it, or remove the variable that names the registry; in Jenkins, call inside \
                 `withCredentials`"
                    .to_owned(),
            ),
            Self::PasswordFile { .. } => None,
            Self::NoCredentials(registry) => Some(format!(
                "set {PREFIX}MAIN={}, {PREFIX}MAIN_USERNAME and {PREFIX}MAIN_PASSWORD",
                shell_escape::escape(registry.into())
            )),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Incomplete { .. } => Exit::Usage,
            Self::PasswordFile { .. } => Exit::Failed,
            Self::NoCredentials(_) => Exit::NotAuthorised,
        }
    }
}

/// All logins that the job is to make, one a registry. What the user named wins over what the
/// CI system offers, and that over the variables of a brand.
pub(super) fn wanted(
    job: &Job,
    named: &Named<'_>,
    source: &Source,
    env: &Env,
) -> Result<Vec<Wanted>, Failure> {
    let mut wanted = from_variables(env)?;
    add(&mut wanted, of_system(job));
    add(&mut wanted, of_brand(named, env));
    for login in named.logins {
        let registry = registry_host(login)?;
        match wanted.iter_mut().find(|w| w.registry == registry) {
            Some(known) => known.optional = false,
            None => {
                let credential = docker::stored(&source.load()?, &registry, env)?
                    .ok_or_else(|| Error::NoCredentials(registry.clone()))?;
                wanted.push(Wanted {
                    registry,
                    credential,
                    kind: "stored login",
                    origin: "the docker config".to_owned(),
                    optional: false,
                });
            }
        }
    }
    Ok(wanted)
}

/// Adds logins for registries that have none yet.
fn add(wanted: &mut Vec<Wanted>, more: impl IntoIterator<Item = Wanted>) {
    for login in more {
        if !wanted.iter().any(|w| w.registry == login.registry) {
            wanted.push(login);
        }
    }
}

fn of_system(job: &Job) -> impl Iterator<Item = Wanted> + '_ {
    job.logins.iter().map(|login| Wanted {
        registry: login.registry.clone(),
        credential: Credential::password(&login.username, login.secret.expose()),
        kind: login.kind,
        origin: login.variable.to_owned(),
        optional: login.optional,
    })
}

fn from_variables(env: &Env) -> Result<Vec<Wanted>, Failure> {
    let mut names: Vec<_> = env
        .utf8_pairs()
        .filter(|(name, _)| name.len() > PREFIX.len() && name.starts_with(PREFIX))
        .filter(|(name, _)| !SUFFIXES.iter().any(|suffix| name.ends_with(suffix)))
        .collect();
    names.sort_unstable();
    let mut wanted = Vec::new();
    for (variable, registry) in names {
        let incomplete = |missing| Error::Incomplete {
            variable: variable.to_owned(),
            registry: registry.to_owned(),
            missing,
        };
        let username_variable = format!("{variable}_USERNAME");
        let username = env
            .utf8(&username_variable)
            .ok_or_else(|| incomplete(username_variable.clone()))?;
        let (secret, origin) =
            password(variable, env)?.ok_or_else(|| incomplete(format!("{variable}_PASSWORD")))?;
        add(
            &mut wanted,
            [Wanted {
                registry: registry_host(registry)?,
                credential: Credential::password(username, secret.expose()),
                kind: "password",
                origin,
                optional: false,
            }],
        );
    }
    Ok(wanted)
}

fn password(variable: &str, env: &Env) -> Result<Option<(Secret, String)>, Error> {
    let value = format!("{variable}_PASSWORD");
    if let Some(secret) = env.utf8(&value) {
        return Ok(Some((secret.into(), value)));
    }
    let file = format!("{variable}_PASSWORD_FILE");
    let Some(path) = env.path(&file) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((crate::cli::one_line(&text).into(), file))),
        Err(source) => Err(Error::PasswordFile {
            variable: file,
            path,
            source,
        }),
    }
}

/// The login that goes with the brand of `--repo`.
fn of_brand(named: &Named<'_>, env: &Env) -> Option<Wanted> {
    let repository = named.repository?;
    let registry = registry_of(repository)?;
    let brand = named.brand.or_else(|| brand_of(&registry))?;
    let (username, variable, kind) = match brand {
        "dockerhub" => (
            named
                .docker_hub_username
                .or_else(|| env.utf8("WERF_REPO_DOCKER_HUB_USERNAME"))?,
            "WERF_REPO_DOCKER_HUB_PASSWORD",
            "password",
        ),
        "harbor" => (
            named
                .harbor_username
                .or_else(|| env.utf8("WERF_REPO_HARBOR_USERNAME"))?,
            "WERF_REPO_HARBOR_PASSWORD",
            "password",
        ),
        // The registry takes an OAuth token under this name (Quay, `auth/credential_consts.py`).
        "quay" => ("$oauthtoken", "WERF_REPO_QUAY_TOKEN", "OAuth token"),
        // GitHub takes a token under any name.
        "github" => (
            env.utf8("GITHUB_ACTOR").unwrap_or("token"),
            "WERF_REPO_GITHUB_TOKEN",
            "token",
        ),
        _ => return None,
    };
    Some(Wanted {
        registry,
        credential: Credential::password(username, env.utf8(variable)?),
        kind,
        origin: variable.to_owned(),
        optional: false,
    })
}

/// The brand of the registries whose host alone says it.
fn brand_of(registry: &str) -> Option<&'static str> {
    match registry {
        "docker.io" => Some("dockerhub"),
        "ghcr.io" | "docker.pkg.github.com" => Some("github"),
        "quay.io" => Some("quay"),
        host if host.starts_with("harbor.") => Some("harbor"),
        _ => None,
    }
}
