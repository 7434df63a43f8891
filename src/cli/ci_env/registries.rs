//! Which registries the job logs in to, and with what.

use std::path::PathBuf;

use super::identities::Identities;
use super::named::Named;
use crate::address::registry_host;
use crate::auth;
use crate::ci::{Job, Need};
use crate::docker::{self, Config, Credential, Renewal, Source};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::registry::{Family, family_of_host};
use crate::report::Report;
use crate::secret::Secret;

/// Variables that name registries begin so.
const PREFIX: &str = "DOCKSIDE_REGISTRY_";

/// What a variable that names a registry may not end with: these belong to one that does.
const SUFFIXES: [&str; 3] = ["_USERNAME", "_PASSWORD", "_PASSWORD_FILE"];

/// The kind of a secret that goes with a user's name.
const PASSWORD: &str = "password";

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
    pub(super) need: Need,
    /// What makes it anew, where it was made.
    pub(super) renewal: Option<Renewal>,
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
    #[error("{0} has a colon, which no login can carry")]
    Colon(String),
    #[error("{0} is not UTF-8")]
    NotUtf8(String),
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
            Self::PasswordFile { .. } | Self::Colon(_) | Self::NotUtf8(_) => None,
            Self::NoCredentials(registry) => {
                let own = match family_of_host(registry).map(Family::name) {
                    Some("ecr" | "acr" | "gcr" | "dockerhub" | "quay" | "artifactory") => {
                        "; or let the job have an identity: --oidc says what it lacks"
                    }
                    _ => "",
                };
                Some(format!(
                    "set {PREFIX}MAIN={}, {PREFIX}MAIN_USERNAME and {PREFIX}MAIN_PASSWORD{own}",
                    shell_escape::escape(registry.into())
                ))
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Incomplete { .. } | Self::Colon(_) | Self::NotUtf8(_) => Exit::Usage,
            Self::PasswordFile { .. } => Exit::Failed,
            Self::NoCredentials(_) => Exit::NotAuthorised,
        }
    }
}

/// All logins that the job is to make, one a registry. What the user named wins over what the
/// CI system offers, and that over the variables of a brand. Where all of them are silent, or
/// where that is the user's wish, a login is made from the job's identity. `made` is the job's
/// config as earlier steps left it.
pub(super) fn wanted(
    job: &Job,
    named: &Named<'_>,
    source: &Source,
    made: &Config,
    identities: &mut Identities<'_>,
    env: &Env,
    report: &Report,
) -> Result<Vec<Wanted>, Failure> {
    note_credentials_for_nothing(env, report);
    let mut wanted = from_variables(made, identities, env, report)?;
    add(&mut wanted, of_system(job));
    add(&mut wanted, of_brand(named, env, report));
    let stored = |registry: &str| -> Result<_, Failure> {
        Ok(docker::stored(&source.load()?, registry, env)?)
    };
    // One that has ended, such as `login --oidc` may have left there, is none.
    let has_stored = |registry: &str| -> Result<bool, Failure> {
        Ok(stored(registry)?.is_some_and(|found| !auth::has_ended(&found.secret)))
    };
    for login in named.logins {
        let registry = registry_host(login)?;
        if let Some(known) = wanted.iter_mut().find(|w| w.registry == registry) {
            known.need = Need::Required;
            identities.take(&registry, || Ok(true))?;
            continue;
        }
        // What the config has for it then is what was made.
        let is_renewed = identities.is_renewed(&registry);
        if identities.take(&registry, || Ok(!is_renewed && has_stored(&registry)?))? {
            continue;
        }
        if is_renewed {
            report.explain(|| format!("keep the login to {registry} that an earlier step made"));
            continue;
        }
        let credential = match stored(&registry)? {
            Some(credential) => credential,
            None if identities.go_first() => {
                return Err(auth::Error::NoExchange { registry }.into());
            }
            None => return Err(Error::NoCredentials(registry).into()),
        };
        wanted.push(Wanted {
            registry,
            credential,
            kind: "stored login",
            origin: "the docker config".to_owned(),
            need: Need::Required,
            renewal: None,
        });
    }
    if let Some(registry) = &named.registry {
        let is_known = wanted.iter().any(|login| login.registry == *registry);
        let is_renewed = identities.is_renewed(registry);
        identities.take(registry, || {
            // A helper that fails shows that there is some other way to log in.
            Ok(is_known || (!is_renewed && has_stored(registry).unwrap_or(true)))
        })?;
    }
    wanted.retain(|login| !identities.has(&login.registry));
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
        need: login.need,
        renewal: None,
    })
}

fn from_variables(
    made: &Config,
    identities: &mut Identities<'_>,
    env: &Env,
    report: &Report,
) -> Result<Vec<Wanted>, Failure> {
    let mut names: Vec<_> = env
        .utf8_pairs()
        .filter(|(name, _)| name.len() > PREFIX.len() && name.starts_with(PREFIX))
        .filter(|(name, _)| !SUFFIXES.iter().any(|suffix| name.ends_with(suffix)))
        .collect();
    names.sort_unstable();
    let mut wanted: Vec<Wanted> = Vec::new();
    for (variable, address) in names {
        let registry = registry_host(address)?;
        if wanted.iter().any(|login| login.registry == registry) {
            report.note(format!(
                "{variable} is not used: a variable before it names {registry} too"
            ));
            continue;
        }
        let earlier = made.credential(&registry).is_some();
        let mut parts = SUFFIXES.iter();
        let has_some = parts.any(|suffix| env.has(&format!("{variable}{suffix}")));
        if identities.take(&registry, || Ok(has_some || earlier))? {
            continue;
        }
        match complete(variable, &registry, env) {
            Ok((credential, origin)) => wanted.push(Wanted {
                registry,
                credential,
                kind: PASSWORD,
                origin,
                need: Need::Required,
                renewal: None,
            }),
            // Jenkins shows credentials to one block of a pipeline, and the variable to all.
            Err(Error::Incomplete { missing, .. })
                if earlier || identities.is_renewed(&registry) =>
            {
                report.explain(|| {
                    format!("keep the login to {registry} of an earlier step: {missing} is not set")
                });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(wanted)
}

/// The credential that goes with a variable that names a registry, and where its secret is from.
fn complete(variable: &str, registry: &str, env: &Env) -> Result<(Credential, String), Error> {
    let incomplete = |missing: String| Error::Incomplete {
        variable: variable.to_owned(),
        registry: registry.to_owned(),
        missing,
    };
    let name = format!("{variable}_USERNAME");
    let username = utf8(&name, env)?.ok_or_else(|| incomplete(name.clone()))?;
    if username.contains(':') {
        return Err(Error::Colon(name));
    }
    let (secret, origin) =
        password(variable, env)?.ok_or_else(|| incomplete(format!("{variable}_PASSWORD")))?;
    Ok((Credential::password(username, secret.expose()), origin))
}

/// Whoever sets a password wants a login, but may have misspelt what names the registry.
fn note_credentials_for_nothing(env: &Env, report: &Report) {
    let mut names: Vec<_> = env
        .utf8_pairs()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .filter_map(|(name, _)| {
            let registry = SUFFIXES.iter().find_map(|end| name.strip_suffix(end))?;
            let named = registry.len() > PREFIX.len() && env.has(registry);
            (!named).then_some(name)
        })
        .collect();
    names.sort_unstable();
    for name in names {
        report.note(format!(
            "{name} is not used: no variable {PREFIX}<NAME> of the same name says which registry \
             it is for"
        ));
    }
}

/// The value of a variable that must be text, if it has one.
fn utf8<'a>(variable: &str, env: &'a Env) -> Result<Option<&'a str>, Error> {
    match env.os(variable) {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Some(text) => Ok(Some(text)),
            None => Err(Error::NotUtf8(variable.to_owned())),
        },
    }
}

fn password(variable: &str, env: &Env) -> Result<Option<(Secret, String)>, Error> {
    let value = format!("{variable}_PASSWORD");
    if let Some(secret) = utf8(&value, env)? {
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
fn of_brand(named: &Named<'_>, env: &Env, report: &Report) -> Option<Wanted> {
    let registry = named.registry.clone()?;
    let of_host = || Some(family_of_host(&registry)?.name());
    let Some(brand) = named.brand.or_else(of_host) else {
        if named.harbor_username.is_some() {
            report.note(format!(
                "no login to {registry} as its Harbor user: nothing says that it is a Harbor; \
                 give --repo-container-registry harbor"
            ));
        }
        return None;
    };
    let (username, variable, kind) = match brand {
        "dockerhub" => (
            named.docker_hub_username?,
            "WERF_REPO_DOCKER_HUB_PASSWORD",
            PASSWORD,
        ),
        "harbor" => (
            named.harbor_username?,
            "WERF_REPO_HARBOR_PASSWORD",
            PASSWORD,
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
    let Some(secret) = named.secrets.get(variable, env) else {
        if kind == PASSWORD {
            report.note(format!(
                "no login to {registry} as {username}: {variable} is not set"
            ));
        }
        return None;
    };
    Some(Wanted {
        registry,
        credential: Credential::password(username, secret.expose()),
        kind,
        origin: variable.to_owned(),
        need: Need::Required,
        renewal: None,
    })
}
