//! Which registries are looked at.

use std::collections::BTreeMap;

use super::Ward;
use crate::address::{BadAddress, registry_host};
use crate::ci;
use crate::docker::{self, Config};
use crate::error::{Exit, Explain};
use crate::oci::{BadReference, Reference, Repository, Target};

/// A registry, and a repository of it if one is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// The registry, `host` or `host:port`; Docker Hub is `docker.io`.
    pub registry: String,
    /// The repository.
    pub repository: Option<Repository>,
    /// What of it was named.
    pub target: Option<Target>,
}

/// Text that is neither a registry nor a reference.
#[derive(Debug, thiserror::Error)]
pub enum BadName {
    /// No registry.
    #[error(transparent)]
    Registry(#[from] BadAddress),
    /// No reference.
    #[error(transparent)]
    Reference(#[from] BadReference),
}

impl Explain for BadName {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.hint(),
            Self::Reference(error) => error.hint(),
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Patient {
    /// What it is called in findings.
    pub fn name(&self) -> String {
        match &self.repository {
            Some(repository) => repository.to_string(),
            None => self.registry.clone(),
        }
    }

    fn registry(registry: String) -> Self {
        Self {
            registry,
            repository: None,
            target: None,
        }
    }

    fn reference(reference: Reference) -> Self {
        let is_named = reference.tag.is_some() || reference.digest.is_some();
        Self {
            registry: reference.repository.registry().to_owned(),
            target: is_named.then(|| reference.target()),
            repository: Some(reference.repository),
        }
    }
}

/// What a word of the command line names: `HOST` or `HOST:PORT` as `docker login` takes it, else a
/// reference. A word without a slash is a host when it has a dot before any colon, a port, or is
/// `localhost`; otherwise it is an image of Docker Hub.
///
/// # Errors
/// It is neither.
pub fn named(word: &str) -> Result<Patient, BadName> {
    let bare = word
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let (host, port) = bare.split_once(':').unwrap_or((bare, ""));
    let is_port = port.len() > 1 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = host.contains('.') || host == "localhost" || is_port || bare.starts_with('[');
    if is_host && !bare.contains(['/', '@']) {
        return Ok(Patient::registry(registry_host(bare)?));
    }
    Ok(Patient::reference(word.parse()?))
}

impl Ward {
    /// The registries that the job's environment and config name, those with a repository first,
    /// one a registry.
    pub fn patients(&self) -> Vec<Patient> {
        let mut found: Vec<Patient> = Vec::new();
        let mut add = |patient: Patient| {
            if !found.iter().any(|one| one.registry == patient.registry) {
                found.push(patient);
            }
        };
        let job = ci::detect(&self.env).map(|(system, _)| system.job(&self.env));
        let job = job.unwrap_or_default();
        let image = job.image_repository.map(|image| image.name);
        let named = ["WERF_REPO", "WERF_FINAL_REPO"].map(|name| self.env.utf8(name));
        let named = named.into_iter().flatten().map(str::to_owned);
        for name in named.chain(image) {
            if let Ok(reference) = name.to_lowercase().parse() {
                add(Patient::reference(reference));
            }
        }
        let variables: BTreeMap<&str, &str> = self.env.utf8_pairs().collect();
        let variables = variables.into_iter().filter(|(name, _)| {
            let ends = ["_USERNAME", "_PASSWORD", "_PASSWORD_FILE"];
            name.starts_with("DOCKSIDE_REGISTRY_") && !ends.iter().any(|end| name.ends_with(end))
        });
        let mut names: Vec<String> = job.logins.into_iter().map(|login| login.registry).collect();
        names.extend(variables.map(|(_, host)| host.to_owned()));
        let variable = docker::variable(&self.env).and_then(Result::ok);
        let config = self.source().load().unwrap_or_default();
        names.extend(variable.iter().chain([&config]).flat_map(keys));
        for name in names {
            if let Ok(registry) = registry_host(&name) {
                add(Patient::registry(registry));
            }
        }
        found
    }
}

/// The registries that a docker config names.
fn keys(config: &Config) -> Vec<String> {
    let helped = config.helpers().map(|(host, _)| host);
    config.logins().chain(helped).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn hosts_are_told_from_images() {
        let shown = |word: &str| {
            let patient = named(word).unwrap();
            let target = patient.target.as_ref().map(ToString::to_string);
            (patient.name(), target.unwrap_or_default())
        };
        for (word, name, target) in [
            ("registry.example.com", "registry.example.com", ""),
            (
                "https://registry.example.com:5000/",
                "registry.example.com:5000",
                "",
            ),
            ("registry:5000", "registry:5000", ""),
            ("localhost", "localhost", ""),
            ("[::1]:5000", "[::1]:5000", ""),
            ("index.docker.io", "docker.io", ""),
            ("alpine", "docker.io/library/alpine", ""),
            ("alpine:v3", "docker.io/library/alpine", "v3"),
            ("acme/app:v1", "docker.io/acme/app", "v1"),
            ("registry.example.com/app", "registry.example.com/app", ""),
        ] {
            assert_eq!(shown(word), (name.to_owned(), target.to_owned()), "{word}");
        }
        for word in [
            "",
            "UPPER/x",
            "a b",
            "u:secret@registry.example.com",
            "h.example/a@x",
        ] {
            assert!(named(word).is_err(), "{word}");
        }
    }
}
