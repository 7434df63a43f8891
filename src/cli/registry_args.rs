//! The options of every command that speaks to registries.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address;
use crate::duration;
use crate::env::Env;
use crate::oci::{Options, Registries};
use crate::report::Report;

/// How registries are reached.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Registries")]
pub(super) struct RegistryArgs {
    /// The docker config directory with the logins [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,

    /// Allow plain HTTP and unverified TLS for this registry; repeatable
    #[arg(long, value_name = "HOST", value_parser = address::registry_host)]
    insecure_registry: Vec<String>,

    /// How long to retry a registry that does not answer
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration::parse)]
    retry_timeout: Duration,

    /// How many requests are under way at the same time at most
    #[arg(long, value_name = "N", default_value_t = DEFAULT_JOBS,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_JOBS)))]
    jobs: u16,

    /// Explain on standard error what is done, and which credentials are used
    #[arg(long, visible_alias = "verbose")]
    log_verbose: bool,
}

/// Enough to hide 40 ms of latency behind the round trips of 21 blobs, and as much as one host
/// is asked for at once without a word of its own.
const DEFAULT_JOBS: u16 = 24;

/// More requests at once than any registry answers; each of them costs memory here.
const MAX_JOBS: u16 = 256;

impl RegistryArgs {
    /// What is said to people.
    pub(super) fn report(&self) -> Report {
        Report::new(self.log_verbose)
    }

    /// The docker config directory, if the user named one.
    pub(super) fn docker_config(&self) -> Option<&Path> {
        self.docker_config.as_deref()
    }

    /// Whether each step is explained.
    pub(super) fn is_verbose(&self) -> bool {
        self.log_verbose
    }

    /// How many requests, or pieces of work, are under way at the same time at most.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.into()
    }

    /// That many instead, of what is allowed.
    pub(super) fn set_jobs(&mut self, jobs: u16) {
        self.jobs = jobs.clamp(1, MAX_JOBS);
    }

    /// The registries of this run.
    pub(super) fn registries(&self, env: &Env) -> Registries {
        let options = Options {
            docker_config: self.docker_config.clone(),
            insecure: self.insecure_registry.clone(),
            jobs: self.jobs(),
            retry_timeout: self.retry_timeout,
        };
        Registries::new(&options, env, self.report())
    }
}
