//! `logout`: of one registry as `docker logout`, or of everything that is this job's.

use std::path::PathBuf;

use super::print;
use super::which_job::Found;
use crate::address;
use crate::docker::{self, JobDirectory, Places, Source};
use crate::env::Env;
use crate::error::Failure;
use crate::report::Report;

/// Remove a login from the docker config in force, or the whole directory of this job.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside logout registry.example.com
  dockside logout --job                    at the end of a job, in any of its shells")]
pub struct Args {
    /// The registry (default: Docker Hub)
    #[arg(value_name = "HOST", conflicts_with = "job")]
    registry: Option<String>,

    /// Remove this job's directory, and with it all its logins
    #[arg(long)]
    job: bool,

    /// The CI system, where `ci-env` was told it (default: found from the environment)
    #[arg(long, value_name = "SYSTEM", requires = "job")]
    system: Option<String>,

    /// Where `ci-env` was told to make the directory [env: WERF_TMP_DIR]
    #[arg(long, value_name = "DIR", requires = "job")]
    tmp_dir: Option<PathBuf>,

    /// The docker config directory to change [env: DOCKER_CONFIG]
    #[arg(long, value_name = "DIR", conflicts_with = "job")]
    docker_config: Option<PathBuf>,

    /// Explain each step on standard error
    #[arg(long, visible_alias = "verbose")]
    log_verbose: bool,
}

/// Removes it.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let report = Report::new(args.log_verbose);
    if args.job {
        return job(&args, env, &report);
    }
    let registry = address::registry_host(args.registry.as_deref().unwrap_or(address::DOCKER_HUB))?;
    let source = Source::named(args.docker_config.as_deref(), env);
    let known = match &source.directory {
        Some(directory) => docker::log_out(directory, &registry, env)?,
        None => false,
    };
    if known {
        print(format!("Removing login credentials for {registry}\n").as_bytes())
    } else {
        print(format!("Not logged in to {registry}\n").as_bytes())
    }
}

fn job(args: &Args, env: &Env, report: &Report) -> Result<(), Failure> {
    let found = Found::find(args.system.as_deref(), env)?;
    let wish = args.tmp_dir.clone().or_else(|| env.path("WERF_TMP_DIR"));
    let places = Places::new(wish.as_deref(), found.job.temp_dir.as_ref(), env);
    match JobDirectory::find(&found.subject(), &places)? {
        Some(directory) => {
            report.explain(|| format!("remove {}", directory.path().display()));
            let still_named = env
                .path("DOCKER_CONFIG")
                .is_some_and(|config| config.starts_with(directory.path()));
            directory.remove()?;
            if still_named {
                report.note(
                    "variables of this shell still name it: unset DOCKER_CONFIG \
                     WERF_DOCKER_CONFIG REGISTRY_AUTH_FILE HELM_REGISTRY_CONFIG",
                );
            }
            Ok(())
        }
        None => {
            report.note(
                "this job has no directory here; if ci-env was given a system, --tmp-dir or \
                 another TMPDIR, say the same now",
            );
            Ok(())
        }
    }
}
