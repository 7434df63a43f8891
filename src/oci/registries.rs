//! All registries of a run.

use std::path::PathBuf;
use std::time::Duration;

use super::error::Error;
use super::reference::Repository;
use super::remote::Remote;
use crate::env::Env;
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
pub struct Registries {}

impl Registries {
    /// Nothing is read and nobody is asked yet.
    pub fn new(_options: &Options, _env: &Env, _report: Report) -> Self {
        todo!()
    }

    /// A repository. Those of one registry under one credential share connections and tokens;
    /// which source the credential has is explained to the report once each.
    ///
    /// # Errors
    /// The docker config or its helper fails, or the name is that of no host.
    pub fn at(&self, _repository: &Repository) -> Result<Remote, Error> {
        todo!()
    }

    /// Gives up all uploads that are open, for a process that was told to stop; takes two
    /// seconds at most.
    pub async fn cancel_uploads(&self) {
        todo!()
    }
}
