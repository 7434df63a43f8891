//! Google Artifact Registry.

mod commands;
mod create;
mod delete;
mod list;
mod login;
mod moving;
mod refusals;
mod remove;
mod untag;

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dockside::env::Env;
use dockside::error::Failure;
use dockside::oci::{Options, Registries};
use dockside::registry::{Brand, Brands, Error, Settings};
use dockside::report::Report;
use serde_json::json;
use tempfile::TempDir;

use super::run;
use crate::support::brands::google::{self, API, Google, TOKEN};
use crate::support::vendor::{Network, shared};

const HOST: &str = "us-docker.pkg.dev";
const APP: &str = "us-docker.pkg.dev/p/r/app";

/// What addresses of the REST API begin with.
const REST: &str = "artifactregistry.googleapis.com/v1/projects/p/locations/us";

/// Google, and somebody who has a docker config.
struct World {
    google: Arc<Mutex<Google>>,
    network: Network,
    home: TempDir,
    /// More variables.
    variables: Vec<(String, String)>,
}

impl World {
    /// With an access token for all hosts.
    fn new() -> Self {
        let world = Self::without_login();
        world.log_in("oauth2accesstoken", TOKEN);
        world
    }

    fn without_login() -> Self {
        let google = shared(Google::new());
        let network = Network::start();
        let services = ["sts", "iamcredentials", "oauth2"];
        let services = services.map(|one| format!("{one}.googleapis.com"));
        for host in services
            .iter()
            .map(String::as_str)
            .chain([API, HOST, "gcr.io"])
        {
            network.host(host, &google);
        }
        google::describe(&network);
        Self {
            google,
            network,
            home: tempfile::tempdir().unwrap(),
            variables: vec![("NO_GCE_CHECK".to_owned(), "true".to_owned())],
        }
    }

    fn log_in(&self, user: &str, password: &str) {
        let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let entry = json!({ "auth": auth });
        let config = json!({"auths": {HOST: entry, "gcr.io": entry}});
        let directory = self.home.path().join(".docker");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("config.json"), config.to_string()).unwrap();
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn google(&self) -> MutexGuard<'_, Google> {
        self.google.lock().unwrap()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.network.environment();
        environment.extend(self.variables.clone());
        let home = self.home.path().to_str().unwrap().to_owned();
        environment.push(("HOME".to_owned(), home));
        environment
    }

    /// Runs the program.
    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.environment(), words)
    }

    /// Does something with a repository in this process.
    fn with<T>(
        &self,
        name: &str,
        work: impl AsyncFnOnce(Box<dyn Brand>) -> Result<T, Error>,
    ) -> Result<T, (String, Option<String>, Option<&'static str>)> {
        let options = Options {
            docker_config: None,
            insecure: Vec::new(),
            jobs: 8,
            retry_timeout: Duration::from_secs(60),
        };
        let env = Env::from_iter(self.environment());
        let registries = Registries::new(&options, &env, Report::default());
        let settings = Settings {
            brand: None,

            brand_is_option: true,
            registry: None,
            api: None,
            docker_hub_username: None,
            docker_hub_password: None,
            docker_hub_token: None,
            github_token: None,
            harbor_username: None,
            harbor_password: None,
            quay_token: None,
            context: registries.context().clone(),
        };
        let brands = Brands::new(registries, settings, None);
        let repository = name.parse().unwrap();
        let done = crate::oci::run(async { work(brands.at(&repository).await?).await });
        done.map_err(|error| {
            let failure = Failure::from(error);
            (failure.message(), failure.hint(), failure.reason())
        })
    }

    /// The requests so far without those to the registry's token service, which are the same
    /// each time.
    fn seen(&self) -> Vec<String> {
        let seen = self.network.seen().into_iter();
        seen.filter(|line| !line.contains("/v2/token?")).collect()
    }
}
