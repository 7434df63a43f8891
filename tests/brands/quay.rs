//! Quay.

mod access;
mod listing;
mod removing;
mod repositories;
mod restoring;

use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tempfile::TempDir;

use super::run;
use crate::support::brands::quay::{OAUTH, PASSWORD, Quay, READER, ROBOT};
use crate::support::spec::Spec;
use crate::support::vendor::{Network, Request, shared};

/// quay.io, and the home of somebody there.
struct Stage {
    home: TempDir,
    quay: Arc<Mutex<Quay>>,
    network: Network,
}

impl Stage {
    /// Somebody without a login.
    fn new() -> Self {
        let quay = shared(Quay::new("quay.io"));
        let network = Network::start();
        network.host("quay.io", &quay);
        let spec = Spec::find("quay/swagger.generated.json");
        network.spec("quay.io", spec.map(|spec| spec.spanning(&["repository"])));
        network.spec("quay.io", Spec::distribution());
        // No description has the registry's tokens.
        network.except(|request: &Request| request.path == "/v2/auth");
        let home = tempfile::tempdir().unwrap();
        Self {
            home,
            quay,
            network,
        }
    }

    /// A robot.
    fn robot() -> Self {
        Self::new().login(ROBOT, PASSWORD)
    }

    /// An administrator's OAuth token.
    fn admin() -> Self {
        Self::new().login("$oauthtoken", OAUTH)
    }

    /// The same with a login.
    fn login(self, user: &str, password: &str) -> Self {
        log_in(&self.home, "quay.io", user, password);
        self
    }

    fn quay(&self) -> MutexGuard<'_, Quay> {
        self.quay.lock().unwrap()
    }

    /// Pushes an image of these words, and tags it.
    fn push(&self, words: &str, tags: &[&str]) -> String {
        let mut quay = self.quay();
        let digest = quay.store.push_image("acme/app", None, words);
        for tag in tags {
            quay.store.tag("acme/app", &digest, tag);
        }
        digest
    }

    fn tags(&self) -> Vec<String> {
        self.quay().store.tags("acme/app")
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        self.run_with(&[], words)
    }

    /// With more variables.
    fn run_with(&self, variables: &[(&str, &str)], words: &[&str]) -> (i32, String, String) {
        let mut environment = self.network.environment();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        environment.extend(variables.iter().map(owned));
        let ran = run(self.home.path(), &environment, words);
        for secret in [OAUTH, PASSWORD, READER] {
            assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
        }
        ran
    }

    /// The requests, without those of tokens of the registry, and without the host.
    fn seen(&self) -> Vec<String> {
        let seen = self.network.seen();
        let tokens = |line: &String| line.contains("/v2/auth?") || line.ends_with(" 401");
        let short = seen.iter().filter(|line| !tokens(line));
        short.map(|line| line.replacen("quay.io", "", 1)).collect()
    }
}

/// Lets the docker config of a home have a login.
fn log_in(home: &TempDir, registry: &str, user: &str, password: &str) {
    let directory = home.path().join(".docker");
    std::fs::create_dir_all(&directory).unwrap();
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let config = json!({"auths": {registry: {"auth": auth}}});
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
}
