//! Docker Hub.

mod identity;
mod limits;
mod listing;
mod removing;
mod repositories;

use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tempfile::TempDir;

use super::run;
use crate::support::brands::dockerhub::{ADMIN, Hub, USER};
use crate::support::spec::Spec;
use crate::support::vendor::{Network, Request, shared};

/// Docker Hub, and the home of somebody there.
struct Stage {
    home: TempDir,
    hub: Arc<Mutex<Hub>>,
    network: Network,
}

impl Stage {
    /// Somebody without a login.
    fn new() -> Self {
        let hub = shared(Hub::new());
        let network = Network::start();
        for host in ["hub.docker.com", "registry-1.docker.io", "auth.docker.io"] {
            network.host(host, &hub);
        }
        for name in ["hub-api.trimmed", "undocumented.handwritten"] {
            let spec = Spec::find(&format!("dockerhub/{name}.yaml"));
            network.spec("hub.docker.com", spec);
        }
        let registry = Spec::find("dockerhub/registry-1.trimmed.yaml");
        let registry = registry.map(|spec| spec.spanning(&["name"]));
        network.spec("registry-1.docker.io", registry);
        // These are of the distribution's specification: the description of this registry has
        // neither its root, nor its list of tags, nor that of referrers.
        network.except(|request: &Request| {
            let path = request.path.as_str();
            let known = ["/v2/", "/tags/list"].iter().any(|end| path.ends_with(end))
                || path.contains("/referrers/");
            request.host == "registry-1.docker.io" && request.method == "GET" && known
        });
        let home = tempfile::tempdir().unwrap();
        Self { home, hub, network }
    }

    /// A user who may do everything.
    fn admin() -> Self {
        Self::new().login(USER, ADMIN)
    }

    /// The same with a login.
    fn login(self, user: &str, password: &str) -> Self {
        let directory = self.home.path().join(".docker");
        std::fs::create_dir_all(&directory).unwrap();
        let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let config = json!({"auths": {"https://index.docker.io/v1/": {"auth": auth}}});
        std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
        self
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap()
    }

    /// Pushes an image of these words, and tags it.
    fn push(&self, words: &str, tags: &[&str]) -> String {
        let mut hub = self.hub();
        let digest = hub.store.push_image("acme/app", None, words);
        for tag in tags {
            hub.store.tag("acme/app", &digest, tag);
        }
        digest
    }

    fn tags(&self) -> Vec<String> {
        self.hub().store.tags("acme/app")
    }

    fn has(&self, digest: &str) -> bool {
        let hub = self.hub();
        hub.store
            .repository("acme/app")
            .unwrap()
            .find(digest)
            .is_some()
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
        for secret in [ADMIN, "dckr_pat_", "dckr_oat_", "correct horse", "jwt-"] {
            let shown = ran.2.replace("(dckr_pat_...)", "");
            assert!(
                !ran.1.contains(secret) && !shown.contains(secret),
                "{ran:?}"
            );
        }
        ran
    }

    /// The requests, without those of tokens of the registry.
    fn seen(&self) -> Vec<String> {
        let seen = self.network.seen();
        let tokens = |line: &String| line.contains(" auth.docker.io/") || line.ends_with(" 401");
        seen.into_iter().filter(|line| !tokens(line)).collect()
    }
}
