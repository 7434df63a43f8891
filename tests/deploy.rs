//! What a deployment needs: digests, and a secret to pull with.

mod cluster;
mod files;
mod properties;
mod pull_secret;
mod resolve;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::dockside;
use crate::support::job::text;

/// Exit code, standard output and standard error, in the home directory.
fn run(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = dockside(home)
        .current_dir(home)
        .args(words)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Writes the docker config of the home directory.
fn config(home: &Path, config: &Value) {
    fs::create_dir_all(home.join(".docker")).unwrap();
    fs::write(home.join(".docker/config.json"), config.to_string()).unwrap();
}

/// What `auth` has for a login.
fn auth(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// The docker config of a secret in JSON.
fn docker_config(secret: &Value) -> Value {
    let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
    serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
}
