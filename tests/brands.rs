//! Each brand of registry, by its emulator.

mod acr;
mod artifactory;
mod commands;
mod detect;
mod dockerhub;
mod ecr;
mod gcr;
mod gitea;
mod github;
mod gitlab;
mod harbor;
pub mod library;
mod nexus;
pub mod proof;
mod quay;
mod repository;
mod secrets;
mod verbs;
mod zot;

use std::path::Path;

use crate::support::dockside;
use crate::support::job::text;

/// Exit code, standard output and standard error of a command in an environment with these
/// variables.
pub fn run(home: &Path, environment: &[(String, String)], words: &[&str]) -> (i32, String, String) {
    let mut command = dockside(home);
    let environment = environment.iter().map(|(name, value)| (name, value));
    let output = command.envs(environment).args(words).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
