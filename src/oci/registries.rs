//! All registries of a run.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::login::{Home, Login};
use super::open_uploads::OpenUploads;
use super::reference::Repository;
use super::remote::Remote;
use crate::auth::{Context, Keychain, api_host};
use crate::env::Env;
use crate::http::{Host, Http, Limits, Setup};
use crate::report::Report;

/// How registries are spoken to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The docker config directory, if the user named one.
    pub docker_config: Option<PathBuf>,
    /// Registries whose certificates are not verified and that may speak plain HTTP.
    pub insecure: Vec<String>,
    /// How many requests to one host are under way at most.
    pub jobs: usize,
    /// How long retries of one piece of work may go on.
    pub retry_timeout: Duration,
}

/// What a run knows of registries. A clone is the same.
#[derive(Clone)]
pub struct Registries(Arc<Shared>);

struct Shared {
    /// A name among the insecure ones that is none.
    bad_name: Option<String>,
    keychain: Keychain,
    context: Context,
    uploads: Arc<OpenUploads>,
    known: Mutex<HashMap<String, Known>>,
}

/// One registry, and who one is there.
struct Known {
    home: Arc<Home>,
    logins: Vec<Arc<Login>>,
}

impl Shared {
    fn new(options: &Options, env: &Env, report: Report) -> Self {
        let (mut insecure, mut bad_name) = (Vec::new(), None);
        for name in &options.insecure {
            match Host::parse(name) {
                Ok(host) => insecure.push(host),
                Err(_) => bad_name = Some(name.clone()),
            }
        }
        Self {
            bad_name,
            keychain: Keychain::new(options.docker_config.as_deref(), env),
            context: Context {
                http: Http::from_env(env).insecure(insecure).jobs(options.jobs),
                env: env.clone(),
                report,
                retry_timeout: options.retry_timeout,
            },
            uploads: Arc::default(),
            known: Mutex::default(),
        }
    }

    /// A registry that was not spoken to before.
    fn meet(&self, registry: &str) -> Result<Known, Error> {
        let host = api_host(registry)?;
        let home = Home {
            registry: registry.to_owned(),
            client: self.context.http.client(host.clone()),
            host,
            retry_timeout: self.context.retry_timeout,
            uploads: Arc::clone(&self.uploads),
            lacks_referrers: false.into(),
        };
        Ok(Known {
            home: Arc::new(home),
            logins: Vec::new(),
        })
    }
}

impl Registries {
    /// Nothing is read and nobody is asked yet.
    pub fn new(options: &Options, env: &Env, report: Report) -> Self {
        Self(Arc::new(Shared::new(options, env, report)))
    }

    /// The same for somebody who only looks ([`Keychain::looking`]): each request, and each
    /// helper, has so much time.
    pub fn looking(options: &Options, env: &Env, report: Report, limit: Duration) -> Self {
        let limits = Limits {
            request: limit,
            connect: limit,
            ..Limits::default()
        };
        let mut shared = Shared::new(options, env, report);
        shared.keychain = shared.keychain.looking(limit);
        shared.context.http = shared.context.http.limited(limits);
        Self(Arc::new(shared))
    }

    /// What identities are asked for with.
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// A repository. Those of one registry under one credential share connections and tokens;
    /// which source the credential has is explained to the report once each.
    ///
    /// # Errors
    /// The docker config or its helper fails, or the name is that of no host.
    pub fn at(&self, repository: &Repository) -> Result<Remote, Error> {
        let shared = &*self.0;
        if let Some(name) = &shared.bad_name {
            return Err(Setup::Host(name.clone()).into());
        }
        let registry = repository.registry();
        let found = shared.keychain.find(registry, repository.path())?;
        let mut known = shared.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { home, logins } = match known.entry(registry.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(shared.meet(registry)?),
        };
        if let Some(login) = logins.iter().find(|login| login.is_of(&found)) {
            return Ok(Remote::new(repository.clone(), Arc::clone(login)));
        }
        shared.context.report.explain(|| match found.credential {
            Some(_) => format!("credential for {registry}: {}", found.origin),
            None => format!("no credential for {registry}: {}", found.origin),
        });
        let login = Arc::new(Login::new(Arc::clone(home), found));
        logins.push(Arc::clone(&login));
        Ok(Remote::new(repository.clone(), login))
    }

    /// Gives up all uploads that are open, for a process that was told to stop; takes two
    /// seconds at most.
    pub async fn cancel_uploads(&self) {
        self.0.uploads.cancel_all().await;
    }
}
