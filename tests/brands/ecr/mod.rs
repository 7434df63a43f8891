//! Amazon ECR and ECR Public.

mod delete;
mod hosts;
mod identity;
mod list;
mod login;
mod moto;
mod public;
mod push;
mod refusals;
mod repository;
mod untag;

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run;
use crate::support::brands::ecr::{Aws, PRIVATE, PUBLIC};
use crate::support::vendor::Network;

/// A job with a key, and what it reaches.
struct World {
    network: Network,
    aws: Arc<Mutex<Aws>>,
    home: TempDir,
    environment: Vec<(String, String)>,
}

impl World {
    /// An account with nothing in it, and a job that has a key, and a login at the registries.
    fn new() -> Self {
        let mut world = Self::of_nobody();
        world.set("AWS_ACCESS_KEY_ID", "AKIAJOB");
        world.set("AWS_SECRET_ACCESS_KEY", "secret");
        world
    }

    /// The same without the key.
    fn of_nobody() -> Self {
        let network = Network::start();
        let aws = Aws::new().on(&network);
        let home = tempfile::tempdir().unwrap();
        let auth = BASE64_STANDARD.encode("AWS:stored");
        let auths = json!({"auths": {PRIVATE: {"auth": auth}, PUBLIC: {"auth": auth}}});
        fs::create_dir(home.path().join(".docker")).unwrap();
        fs::write(home.path().join(".docker/config.json"), auths.to_string()).unwrap();
        let mut environment = network.environment();
        // The machine that runs the tests may have an identity of its own.
        environment.push(("AWS_EC2_METADATA_DISABLED".into(), "true".into()));
        Self {
            network,
            aws,
            home,
            environment,
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    fn aws(&self) -> MutexGuard<'_, Aws> {
        self.aws.lock().unwrap()
    }

    /// Exit code, standard output and standard error.
    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.environment, words)
    }

    /// The calls and other requests so far: `OPERATION INPUT STATUS` for calls.
    fn seen(&self) -> Vec<String> {
        let requests = self.network.requests();
        let seen = requests
            .iter()
            .map(|seen| match seen.header("x-amz-target") {
                Some(target) => {
                    let (_, operation) = target.split_once('.').unwrap();
                    let input: Value = serde_json::from_slice(&seen.body).unwrap();
                    format!("{operation} {input} {}", seen.status.unwrap_or_default())
                }
                None => seen.to_string(),
            });
        seen.collect()
    }
}

/// A reference to what is in the private registry.
fn private(rest: &str) -> String {
    format!("{PRIVATE}/{rest}")
}

/// What `DescribeImages` is asked for a tag.
fn describe(name: &str, tag: &str) -> String {
    let input = json!({
        "registryId": "012345678901", "repositoryName": name, "imageIds": [{"imageTag": tag}],
    });
    format!("DescribeImages {input}")
}

/// What `DescribeImages` is asked for a page.
fn page(name: &str, marker: Option<&str>) -> String {
    let mut input = json!({"registryId": "012345678901", "repositoryName": name});
    if let Some(marker) = marker {
        input["nextToken"] = json!(marker);
    }
    input["maxResults"] = json!(1000);
    input["filter"] = json!({"imageStatus": "ANY"});
    format!("DescribeImages {input}")
}

/// What `BatchDeleteImage` is asked.
fn batch(name: &str, ids: &Value) -> String {
    let input = json!({"registryId": "012345678901", "repositoryName": name, "imageIds": ids});
    format!("BatchDeleteImage {input}")
}
