//! Logging in and out in a docker config directory, as docker does it.

use std::path::Path;

use serde_json::{Map, Value};

use super::ambient;
use super::config::Config;
use super::credential::Credential;
use super::credential_store::CredentialStore;
use super::error::Error;
use super::helper::Helper;
use super::job_directory::JobDirectory;
use super::registry_key::registry_key;
use super::renewal::{Renewal, Renewals};
use super::store::{self, Durability};
use super::synthesis::{expose, put, renew};
use crate::env::Env;

/// Where a login is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// In `config.json`.
    File,
    /// With the credential helper of this name.
    Helper(String),
}

/// Writes a login where docker would look for it: with the registry's credential helper, else
/// in `config.json`. In a job's directory it always goes into the file, since a helper's store
/// is shared with other jobs.
///
/// # Errors
/// The config cannot be read or written, or its helper failed.
pub fn log_in(
    docker_config: &Path,
    registry: &str,
    credential: &Credential,
    env: &Env,
) -> Result<Stored, Error> {
    let key = registry_key(registry);
    if let Some(job) = JobDirectory::containing(docker_config) {
        job.touch();
        store::update(docker_config, Durability::Transient, |config| {
            put(config, key, credential.entry());
            config.keep_from_keychains();
        })?;
        CredentialStore::of(docker_config).forget(registry)?;
        return Ok(Stored::File);
    }
    let config = store::load(docker_config)?;
    let Some(name) = config.helper(key) else {
        store::update(docker_config, Durability::Durable, |config| {
            config.set_login(key, credential);
        })?;
        return Ok(Stored::File);
    };
    Helper::find(name, env)?.store(key, credential)?;
    // Docker leaves an empty entry as well, to know that there is a login.
    store::update(docker_config, Durability::Durable, |config| {
        config.set_entry(key, Value::Object(Map::new()));
    })?;
    Ok(Stored::Helper(name.to_owned()))
}

/// Writes a login into a job's directory that is made anew whenever it ends: this program becomes
/// the registry's credential helper there.
///
/// # Errors
/// The directory cannot be read or written.
pub fn log_in_renewed(job: &JobDirectory, registry: &str, renewal: &Renewal) -> Result<(), Error> {
    job.touch();
    Renewals::of(job).hold(registry)?.keep(renewal)?;
    store::update(&job.docker_config(), Durability::Transient, |config| {
        renew(config, registry);
    })
}

/// The credential that docker would use for a registry: that of `DOCKER_AUTH_CONFIG`, else its
/// helper's answer, else the entry of the file.
///
/// # Errors
/// The helper failed; that is not the same as having no credential.
pub fn stored(config: &Config, registry: &str, env: &Env) -> Result<Option<Credential>, Error> {
    let key = registry_key(registry);
    // One that cannot be read is passed over, as docker does; where it is all that the job
    // starts from, that is said there.
    if let Some(Ok(variable)) = ambient::variable(env)
        && let Some(credential) = variable.credential(key)
    {
        return Ok(Some(credential));
    }
    match config.helper(key) {
        Some(name) => Ok(Helper::find(name, env)?.get(key)?),
        None => Ok(config.credential(key)),
    }
}

/// Removes a login; says whether there was one. In a job's directory the registry's helper is
/// not told, unless it is this program: what it keeps belongs to the user. The job stops asking it.
///
/// # Errors
/// The config cannot be read or written, or its helper failed.
pub fn log_out(docker_config: &Path, registry: &str, env: &Env) -> Result<bool, Error> {
    let key = registry_key(registry);
    if let Some(job) = JobDirectory::containing(docker_config) {
        job.touch();
        let kept = CredentialStore::of(docker_config).forget(registry)?;
        return store::update(docker_config, Durability::Transient, |config| {
            let helped = config.helper(key).is_some();
            expose(config, key);
            let written = config.remove_login(key);
            config.keep_from_keychains();
            kept || helped || written
        });
    }
    let config = store::load(docker_config)?;
    let known = match config.helper(key) {
        Some(name) => {
            let helper = Helper::find(name, env)?;
            let known = helper.get(key)?.is_some();
            helper.erase(key)?;
            known
        }
        None => false,
    };
    if config.logins().next().is_none() {
        return Ok(known);
    }
    let written = store::update(docker_config, Durability::Durable, |config| {
        config.remove_login(key)
    })?;
    Ok(known || written)
}
