//! What this program keeps for others, as the credential helper `dockside`.
//!
//! Logins that docker hands over go into a file of their own beside `config.json`: docker
//! writes an entry without a secret into `auths` at the same time, which would replace them
//! there. In a job whose config does not name this helper, docker would never ask it, so there
//! a login goes into `auths`, where every program of the job finds it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::config::Config;
use super::credential::{Credential, Kind};
use super::error::Error;
use super::file;
use super::helper::TOKEN_USER;
use super::job_directory::JobDirectory;
use super::lock::Lock;
use super::registry_key::registry_key;
use super::renewal::Renewals;
use super::scoped::split;
use super::store::{self, Durability};
use super::synthesis::put;
use crate::address::registry_host;

/// What the helper is called in `credsStore` and `credHelpers`.
pub const HELPER_NAME: &str = "dockside";

/// The file; it has the form of `config.json`, but only `auths` in it.
const FILE: &str = "dockside-credentials.json";

/// The credentials of one docker config directory.
pub struct CredentialStore {
    directory: PathBuf,
    job: Option<JobDirectory>,
}

impl CredentialStore {
    /// The store of a docker config directory, which need not exist. In a job's directory it
    /// also has the job's logins, and what the store beside the user's own config has.
    pub fn of(docker_config: &Path) -> Self {
        let store = Self::untouched(docker_config);
        if let Some(job) = &store.job {
            job.touch();
        }
        store
    }

    /// The same for somebody who only looks: the job is not said to use it.
    pub fn untouched(docker_config: &Path) -> Self {
        Self {
            directory: docker_config.to_owned(),
            job: JobDirectory::containing(docker_config),
        }
    }

    /// The credential for a server: of exactly this name, else of its registry; for one with a
    /// path that of the longest key that fits.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn get(&self, server: &str) -> Result<Option<Credential>, Error> {
        for config in self.configs() {
            let found = find(&config?, server);
            // The protocol has no word for a token that is sent as it is.
            if let Some(found) = found.filter(|found| found.kind != Kind::RegistryToken) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Keeps a credential.
    ///
    /// # Errors
    /// A file cannot be read, locked or written.
    pub fn store(&self, server: &str, credential: &Credential) -> Result<(), Error> {
        self.forget_renewal(server)?;
        if self.job.is_none() || store::load(&self.directory)?.helper(server) == Some(HELPER_NAME) {
            return self.update(|config| config.set_entry(server, entry(credential)));
        }
        self.update_job(|config| put(config, auths_key(server), credential.entry()))
    }

    /// Forgets a server, if it is known. What a job has from the user's own store stays there.
    ///
    /// # Errors
    /// A file cannot be read, locked or written.
    pub fn erase(&self, server: &str) -> Result<(), Error> {
        self.forget_renewal(server)?;
        if self.file().exists() {
            self.update(|config| config.remove_entry(server))?;
        }
        if self.job.is_some() {
            self.update_job(|config| match split(server) {
                Some((_, "")) => _ = config.remove_login(server),
                _ => config.remove_entry(auths_key(server)),
            })?;
        }
        Ok(())
    }

    /// Forgets what it keeps for a registry, under whatever name, without a word about it in
    /// `config.json`; says whether there was something.
    ///
    /// # Errors
    /// A file cannot be read, locked or written.
    pub(super) fn forget(&self, registry: &str) -> Result<bool, Error> {
        let mut known = self.forget_renewal(registry)?;
        if self.file().exists() {
            self.update(|config| known |= config.remove_login(registry_key(registry)))?;
        }
        Ok(known)
    }

    /// All servers, with user names.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn list(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut list = BTreeMap::new();
        for config in self.configs() {
            for (server, credential) in config?.credentials() {
                let user = match credential.kind {
                    Kind::Password => credential.username,
                    Kind::IdentityToken => TOKEN_USER.to_owned(),
                    Kind::RegistryToken => continue,
                };
                list.entry(server.to_owned()).or_insert(user);
            }
        }
        if let Some(job) = &self.job {
            let renewals = Renewals::of(job);
            for registry in renewals.registries() {
                if let Some(renewal) = renewals.get(&registry)? {
                    let key = registry_key(&registry).to_owned();
                    list.insert(key, renewal.credential.username);
                }
            }
        }
        Ok(list)
    }

    /// Whoever logs in or out by hand does not want a login that is made.
    fn forget_renewal(&self, server: &str) -> Result<bool, Error> {
        match (&self.job, registry_host(server)) {
            (Some(job), Ok(registry)) => Renewals::of(job).forget(&registry),
            _ => Ok(false),
        }
    }

    /// Where credentials are, in the order in which they are looked for.
    fn configs(&self) -> impl Iterator<Item = Result<Config, Error>> {
        let job = self.job.as_ref().map(|_| store::load(&self.directory));
        let source = self.job.as_ref().and_then(JobDirectory::source);
        let source = source.map(|directory| store::load_file(&directory.join(FILE)));
        [store::load_file(&self.file())]
            .into_iter()
            .chain(job)
            .chain(source)
    }

    fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    fn update(&self, change: impl FnOnce(&mut Config)) -> Result<(), Error> {
        let (directory, path) = (&self.directory, self.file());
        file::create_directory(directory).map_err(Error::write(directory))?;
        let _lock = Lock::wait(directory).map_err(Error::lock(directory))?;
        let before = store::load_file(&path)?;
        let mut config = before.clone();
        change(&mut config);
        if config == before {
            return Ok(());
        }
        let bytes = config.to_bytes();
        if self.job.is_some() {
            file::replace(&path, &bytes)
        } else {
            file::replace_privately_durably(&path, &bytes)
        }
        .map_err(Error::write(&path))
    }

    fn update_job(&self, change: impl FnOnce(&mut Config)) -> Result<(), Error> {
        store::update(&self.directory, Durability::Transient, |config| {
            change(config);
            config.keep_from_keychains();
        })
    }
}

fn find(config: &Config, server: &str) -> Option<Credential> {
    let mut credentials = config.credentials();
    if let Some((_, exact)) = credentials.find(|(key, _)| *key == server) {
        return Some(exact);
    }
    let (registry, path) = split(server)?;
    config
        .credential_for(registry, path)
        .map(|(_, credential)| credential)
}

/// The key of `auths` under which docker, and podman for one with a path, find a server.
fn auths_key(server: &str) -> &str {
    match split(server) {
        Some((_, "")) => registry_key(server),
        _ => server.trim_end_matches('/'),
    }
}

/// The entry of a credential in the file. A user name may have a colon there, which that of
/// `auth` may not.
fn entry(credential: &Credential) -> serde_json::Value {
    let secret = credential.secret.expose();
    match credential.kind {
        Kind::Password => json!({"username": credential.username, "password": secret}),
        Kind::IdentityToken | Kind::RegistryToken => credential.entry(),
    }
}
