//! What is refused, what is said about it, and that it stops the script.

mod arguments;
mod credentials;
mod names;
mod places;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::dockside;
use crate::support::job::{self, GITLAB, text};

/// Arguments, variables, what is said and what more.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str);

/// Names and values of an environment.
type Variables = &'static [(&'static str, &'static str)];

/// `dockside ci-env gitlab --format json` with these arguments and variables.
fn ci_env(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    dockside(home)
        .args(["ci-env", "gitlab", "--format", "json"])
        .args(arguments)
        .envs(GITLAB)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The `auths` that the job got.
fn auths(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    job::auths(Path::new(
        json["variables"]["DOCKER_CONFIG"].as_str().unwrap(),
    ))
}
