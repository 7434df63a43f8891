//! Which credential belongs to a repository: the docker config in force, read as docker and
//! podman read it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::error::Error;
use super::renewal::{Helped, Renewing, helped, peeked};
use crate::docker::{self, Config, HELPER_NAME, Helper, Source, registry_key};
use crate::env::Env;
use crate::http::Http;
use crate::http::retry::DEFAULT_BUDGET;
use crate::report::Report;

/// How many keys an origin names. Whoever reads as many knows which one is missing.
const KEYS_SHOWN: usize = 10;

/// The credentials of this run. Each source, and each helper, is asked once.
pub struct Keychain {
    option: Option<PathBuf>,
    env: Env,
    sources: OnceLock<Result<Sources, Arc<docker::Error>>>,
    /// What the helpers answered, by the name of the server.
    answers: Mutex<HashMap<String, Answer>>,
    /// How long a helper may take where nothing is to be kept of what it says.
    looking: Option<Duration>,
}

/// A failure is an answer too: a helper that waits for a keychain that is locked is waited for
/// once.
type Answer = Result<Helped, Arc<Error>>;

/// What the docker config says about a repository.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who one is there; `None` when nothing is said.
    pub credential: Option<docker::Credential>,
    /// Where that was found, or where it was looked for: for people.
    pub origin: String,
    /// What gives the credential anew when it ends.
    pub renewing: Option<Renewing>,
}

/// What is read, in the order in which docker asks.
struct Sources {
    /// `DOCKER_AUTH_CONFIG`. One that cannot be read is passed over, as docker passes over it.
    variable: Option<Result<Config, docker::Error>>,
    config: Config,
    /// Where the config is.
    directory: Option<PathBuf>,
    /// The name of the config, for people.
    name: String,
}

impl Keychain {
    /// The docker config in force: the option's directory, else that of the environment. It is
    /// not read yet.
    pub fn new(docker_config: Option<&Path>, env: &Env) -> Self {
        Self {
            option: docker_config.map(Path::to_owned),
            env: env.clone(),
            sources: OnceLock::new(),
            answers: Mutex::default(),
            looking: None,
        }
    }

    /// The same for somebody who only looks: logins that are made anew are kept nowhere, and a
    /// helper has so much time.
    pub fn looking(mut self, limit: Duration) -> Self {
        self.looking = Some(limit);
        self
    }

    /// The credential for a repository (`path`) of a registry: of the longest key among
    /// `HOST/PATH`, `HOST/PARENT`, ..., `HOST` (containers-auth.json(5)); a helper of the host
    /// goes before the file, as with docker.
    ///
    /// # Errors
    /// The config cannot be read, or a helper failed; that is not the same as no credential.
    pub fn find(&self, registry: &str, path: &str) -> Result<Found, Error> {
        let sources = self.sources()?;
        if let Some(Ok(variable)) = &sources.variable
            && let Some((key, credential)) = variable.credential_for(registry, path)
        {
            return Ok(Found {
                credential: Some(credential),
                origin: format!("DOCKER_AUTH_CONFIG (key {key})"),
                renewing: None,
            });
        }
        let name = &sources.name;
        if let Some((helper, key)) = sources.config.helper_and_key(registry) {
            let helper_of = format!("credential helper {helper} ({key} of {name})");
            let Helped {
                credential,
                renewing,
            } = self.ask(helper, registry, sources)?;
            let origin = match &credential {
                Some(_) => helper_of,
                None => format!("nothing from the {helper_of}"),
            };
            return Ok(Found {
                credential,
                origin,
                renewing,
            });
        }
        if let Some((key, credential)) = sources.config.credential_for(registry, path) {
            return Ok(Found {
                credential: Some(credential),
                origin: format!("auths of {name} (key {key})"),
                renewing: None,
            });
        }
        Ok(Found {
            credential: None,
            origin: sources.nothing(),
            renewing: None,
        })
    }

    /// The keys of all logins that there are, for an error that says which do not fit. Empty
    /// where the config cannot be read.
    pub fn keys(&self) -> Vec<String> {
        self.sources().map(Sources::keys).unwrap_or_default()
    }

    fn sources(&self) -> Result<&Sources, Error> {
        let read = || Sources::read(self.option.as_deref(), &self.env).map_err(Arc::new);
        let sources = self.sources.get_or_init(read).as_ref();
        sources.map_err(|error| Error::Config(Arc::clone(error)))
    }

    /// What the helper says; the first time it is asked, others wait. The helper `dockside` is
    /// this program, which need not be on `PATH` for that.
    fn ask(&self, helper: &str, registry: &str, sources: &Sources) -> Result<Helped, Error> {
        let server = registry_key(registry);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.entry(server.to_owned()).or_insert_with(|| {
            if let (HELPER_NAME, Some(directory)) = (helper, &sources.directory) {
                let made = match self.looking {
                    Some(_) => peeked(directory, server, &self.context()),
                    None => helped(directory, server, &self.context()),
                };
                return made.map_err(Arc::new);
            }
            let found = Helper::find(helper, &self.env).map(|found| match self.looking {
                Some(limit) => found.within(limit),
                None => found,
            });
            let answer = found.and_then(|helper| helper.get(server));
            // Some helpers answer so where others say that there is nothing.
            let empty =
                |found: &docker::Credential| found.username.is_empty() && found.secret.is_empty();
            answer
                .map(|found| Helped::from(found.filter(|found| !empty(found))))
                .map_err(|error| Arc::new(Error::Config(Arc::new(error.into()))))
        });
        answer.clone().map_err(Error::Shared)
    }

    fn context(&self) -> Context {
        Context {
            http: Http::from_env(&self.env),
            env: self.env.clone(),
            report: Report::default(),
            retry_timeout: self.looking.unwrap_or(DEFAULT_BUDGET),
        }
    }
}

impl Sources {
    fn read(option: Option<&Path>, env: &Env) -> Result<Self, docker::Error> {
        let source = Source::named(option, env);
        let name = match &source.directory {
            Some(directory) => directory.join("config.json").display().to_string(),
            None => "a docker config, as there is no home directory".to_owned(),
        };
        Ok(Self {
            variable: docker::variable(env),
            config: source.load()?,
            directory: source.directory,
            name,
        })
    }

    fn keys(&self) -> Vec<String> {
        let variable = self.variable.iter().flatten();
        let configs = variable.chain([&self.config]);
        let mut keys: Vec<String> = configs
            .flat_map(|config| {
                let helped = config.helpers().filter(|(_, name)| !name.is_empty());
                config.logins().chain(helped.map(|(host, _)| host))
            })
            .map(str::to_owned)
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// That there is nothing, and what there is instead.
    fn nothing(&self) -> String {
        let mut text = format!("nothing in {}", self.name);
        let keys = self.keys();
        if !keys.is_empty() {
            let shown: Vec<&str> = keys.iter().take(KEYS_SHOWN).map(String::as_str).collect();
            let more = if keys.len() > KEYS_SHOWN { ", ..." } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "; there are logins for {}{more}", shown.join(", "));
        }
        if let Some(Err(error)) = &self.variable {
            let _ = write!(text, "; DOCKER_AUTH_CONFIG is not used: {error}");
        }
        text
    }
}
