//! What a job's config takes over: from the user's docker directory, from
//! `DOCKER_AUTH_CONFIG`, and from the files of podman, skopeo and helm.

use std::collections::{BTreeMap, BTreeSet};

use super::ambient;
use super::config::Config;
use super::error::Error;
use super::helper::{self, Helper};
use super::registry_key::{HUB_KEY, registry_key};
use super::source::Source;
use super::synthesis::{digests, put};
use crate::env::Env;
use crate::error::Failure;

/// What a job's config takes over.
#[derive(Debug, Default)]
pub(super) struct Inheritance {
    /// The config, before the job's own logins.
    pub config: Config,
    /// The logins in it that the next run will find again, by their digests.
    pub lasting: BTreeMap<String, String>,
    /// Whether `DOCKER_AUTH_CONFIG` is in the config and must be emptied, because docker would
    /// let it outrank the job's logins.
    pub replaces_variable: bool,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Inheritance {
    /// Takes over everything that the programs of the job would have used.
    pub(super) fn gather(source: &Source, env: &Env) -> Result<Self, Error> {
        let mut config = source.load()?;
        config.normalise_logins();
        let mut inheritance = Self {
            lasting: digests(&config),
            config,
            ..Self::default()
        };
        inheritance.resolve_store(env);
        inheritance.add_variable(env);
        inheritance.add_files(env);
        Ok(inheritance)
    }

    /// Takes over `DOCKER_AUTH_CONFIG` and nothing else. A job whose config was made from it
    /// before may have emptied it since, and then goes on with that config.
    pub(super) fn from_variable(env: &Env, made_before: Option<Config>) -> Result<Self, Error> {
        let mut config = match (ambient::variable(env), made_before) {
            (Some(config), _) => config?,
            (None, Some(config)) => {
                return Ok(Self {
                    config,
                    ..Self::default()
                });
            }
            (None, None) => return Err(Error::NoAuthConfig),
        };
        config.normalise_logins();
        let mut inheritance = Self {
            config,
            replaces_variable: true,
            ..Self::default()
        };
        inheritance.resolve_store(env);
        Ok(inheritance)
    }

    /// Turns the helper for all hosts into one for each host that it knows, so that it neither
    /// hides nor receives the job's logins.
    fn resolve_store(&mut self, env: &Env) {
        let Some(name) = self.config.creds_store().map(str::to_owned) else {
            return;
        };
        match Helper::find(&name, env).and_then(|helper| helper.list()) {
            Ok(servers) => {
                let hosts: BTreeSet<&str> = servers.keys().map(|key| registry_key(key)).collect();
                for host in hosts {
                    if !self.config.helpers().any(|(known, _)| known == host) {
                        self.config.set_helper(host, &name);
                    }
                }
                self.config.remove("credsStore");
            }
            Err(error @ (helper::Error::Missing { .. } | helper::Error::BadName { .. })) => {
                self.config.remove("credsStore");
                self.notes.push(format!("credsStore is left out: {error}"));
            }
            Err(error) => self.notes.push(format!(
                "credsStore is kept, but not for the hosts that the job logs in to: {}",
                Failure::from(error).message()
            )),
        }
    }

    /// Docker lets the variable outrank file and helpers, so its logins replace both. GitLab
    /// Runner asks its helpers too; these are taken over for hosts that nothing is known of yet,
    /// and left out with a note for the others.
    fn add_variable(&mut self, env: &Env) {
        match ambient::variable(env) {
            None => {}
            Some(Ok(variable)) => {
                for (key, credential) in variable.credentials() {
                    put(&mut self.config, key, credential.entry());
                    self.lasting.remove(key);
                }
                let left_out = self.add_helpers(&variable);
                self.replaces_variable = true;
                self.notes.push(
                    "the logins of DOCKER_AUTH_CONFIG are now in the job's docker config, and the \
                     variable is emptied: docker would let it outrank the job's own logins"
                        .to_owned(),
                );
                if !left_out.is_empty() {
                    self.notes.push(format!(
                        "helpers of DOCKER_AUTH_CONFIG are left out, as there is a login or \
                         another helper for {}",
                        left_out.join(", ")
                    ));
                }
            }
            Some(Err(error)) => self.notes.push(format!(
                "DOCKER_AUTH_CONFIG is not used, as docker does not use it either: {}",
                Failure::from(error).message()
            )),
        }
    }

    /// The job's files outrank those of podman, skopeo and helm, so they take over what these
    /// hold for hosts that nothing is known of yet.
    fn add_files(&mut self, env: &Env) {
        for path in ambient::auth_files(env) {
            let found = match ambient::read_auth_file(&path) {
                Ok(found) => found,
                Err(error) => {
                    let message = Failure::from(error).message();
                    self.notes
                        .push(format!("a login file is not used: {message}"));
                    continue;
                }
            };
            let known = self.known();
            for (key, credential) in found.credentials() {
                if !known.contains(registry_key(key)) {
                    self.config
                        .set_entry(spelled_for_docker(key), credential.entry());
                }
            }
            for (host, name) in found.helpers() {
                if !known.contains(registry_key(host)) {
                    self.config.set_helper(host, name);
                }
            }
        }
    }

    /// Takes over helpers for the hosts that nothing is known of yet; gives the others.
    fn add_helpers(&mut self, found: &Config) -> Vec<String> {
        let known = self.known();
        let mut left_out = Vec::new();
        for (host, name) in found.helpers().filter(|(_, name)| !name.is_empty()) {
            if !known.contains(registry_key(host)) {
                self.config.set_helper(host, name);
            } else if self.config.helper(host) != Some(name) {
                left_out.push(host.to_owned());
            }
        }
        left_out
    }

    /// The hosts that have a login or a helper.
    fn known(&self) -> BTreeSet<String> {
        self.config
            .credentials()
            .map(|(key, _)| key)
            .chain(self.config.helpers().map(|(host, _)| host))
            .map(|key| registry_key(key).to_owned())
            .collect()
    }
}

/// Podman writes Docker Hub as `docker.io`, where docker does not look.
fn spelled_for_docker(key: &str) -> &str {
    if registry_key(key) == HUB_KEY && !key.contains('/') {
        HUB_KEY
    } else {
        key
    }
}
