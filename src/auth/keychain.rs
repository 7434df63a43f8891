//! Which credential belongs to a repository: the docker config in force, read as docker and
//! podman read it.

use std::path::Path;

use super::error::Error;
use crate::docker;
use crate::env::Env;

/// The credentials of this run. Each source, and each helper, is asked once.
pub struct Keychain {}

/// What the docker config says about a repository.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who one is there; `None` when nothing is said.
    pub credential: Option<docker::Credential>,
    /// Where that was found, or where it was looked for: for people.
    pub origin: String,
}

impl Keychain {
    /// The docker config in force: the option's directory, else that of the environment.
    pub fn new(_docker_config: Option<&Path>, _env: &Env) -> Self {
        todo!()
    }

    /// The credential for a repository (`path`) of a registry: of the longest key among
    /// `HOST/PATH`, `HOST/PARENT`, ..., `HOST` (containers-auth.json(5)); a helper of the host
    /// goes before the file, as with docker.
    ///
    /// # Errors
    /// The config cannot be read, or a helper failed; that is not the same as no credential.
    pub fn find(&self, _registry: &str, _path: &str) -> Result<Found, Error> {
        todo!()
    }

    /// The keys of all logins that there are, for an error that says which do not fit.
    pub fn keys(&self) -> Vec<String> {
        todo!()
    }
}
