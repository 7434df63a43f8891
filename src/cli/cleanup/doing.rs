//! How plans are done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backup::Place;
use super::session::Executor;
use crate::cli::progress::{self, CleanupWatch, Mode};
use crate::cli::registry_args::RegistryArgs;
use crate::cli::runtime::Stop;
use crate::duration;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::Repository;

/// How plans are done.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Removing")]
pub(in crate::cli) struct DoArgs {
    /// Begin nothing new after that time, such as 50m; the rest is done by --resume
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    deadline: Option<Duration>,

    /// Save manifests and configs, without layers, before they go: in a directory, as an OCI
    /// layout, or as artifacts under REGISTRY/REPO:TAG. `dockside cleanup undo` brings them back
    #[arg(long, value_name = "DIR|REF")]
    backup: Option<Place>,

    /// Start what frees the space, where the registry has an API for it
    #[arg(long)]
    gc: bool,

    /// What is shown of the progress
    #[arg(long, value_name = "MODE", default_value = "auto")]
    progress: Mode,
}

impl DoArgs {
    /// Who does plans in this way.
    pub(in crate::cli) fn executor<'s>(
        &self,
        registries: &RegistryArgs,
        stop: &'s Stop,
        progress: &'s dyn CleanupWatch,
    ) -> Executor<'s> {
        Executor {
            jobs: registries.jobs(),
            stop,
            began: Instant::now(),
            deadline: self.deadline,
            resume: false,
            backup: self.backup.clone(),
            gc: self.gc,
            progress,
        }
    }

    /// What shows how far it is.
    pub(in crate::cli) fn watch(&self, args: &RegistryArgs, env: &Env) -> Arc<dyn CleanupWatch> {
        progress::watch_cleanup(self.progress, args.report(), args.is_verbose(), env)
    }

    /// That the backup is in none of the repositories that things are removed from.
    ///
    /// # Errors
    /// It is.
    pub(in crate::cli) fn check<'r>(
        &self,
        mut repositories: impl Iterator<Item = &'r Repository>,
    ) -> Result<(), Failure> {
        let Some(Place::Registry(place, _)) = &self.backup else {
            return Ok(());
        };
        // Some registries remove what is below a repository with it.
        let holds = |one: &&Repository| {
            let below = place.path().strip_prefix(one.path());
            one.registry() == place.registry()
                && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        };
        match repositories.find(holds) {
            Some(cleaned) => Err(Inside {
                backup: place.clone(),
                cleaned: cleaned.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// A backup in a repository that is cleaned.
#[derive(Debug, thiserror::Error)]
#[error("the backup would be in {backup}, and things are removed from {cleaned}")]
struct Inside {
    backup: Repository,
    cleaned: Repository,
}

impl Explain for Inside {
    fn hint(&self) -> Option<String> {
        Some("give --backup another repository, or a directory".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
