//! `host-cleanup`: the directories that dead jobs left behind.

use std::path::PathBuf;
use std::time::Duration;

use super::print;
use super::which_job::Found;
use crate::docker::{self, Cleaned, Cleanup, Outcome, Places};
use crate::duration;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::text::printable;

/// Remove the directories that dead jobs left on this host
///
/// They are this user's, or every user's when run as root. A job that still runs keeps its
/// directory, however old it is.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside host-cleanup
  dockside host-cleanup --older-than 1d --dry-run")]
pub struct Args {
    /// How long a job must not have used its directory
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = duration::parse)]
    older_than: Duration,

    /// Also remove directories whose jobs cannot be seen from here, such as those of containers
    #[arg(long)]
    include_unknown: bool,

    /// Remove nothing, only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Where `ci-env` was told to make directories [env: WERF_TMP_DIR]
    #[arg(long, value_name = "DIR")]
    tmp_dir: Option<PathBuf>,
}

/// Some directories are still there.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the directories could not be removed")]
struct Incomplete(usize);

impl Explain for Incomplete {
    fn exit(&self) -> Exit {
        Exit::Partly
    }
}

/// Removes them, a line of output for each.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let found = Found::find(None, env)?;
    let wish = args.tmp_dir.clone().or_else(|| env.path("WERF_TMP_DIR"));
    let places = Places::to_clean(wish.as_deref(), found.job.temp_dir.as_ref(), env);
    let cleanup = Cleanup {
        older_than: args.older_than,
        include_unknown: args.include_unknown,
        dry_run: args.dry_run,
    };
    let cleaned = docker::host_cleanup(&places, &cleanup)?;
    let lines: String = cleaned.iter().map(line).collect();
    print(lines.as_bytes())?;
    match cleaned.iter().filter(|one| failed(one)).count() {
        0 => Ok(()),
        count => Err(Incomplete(count).into()),
    }
}

fn failed(cleaned: &Cleaned) -> bool {
    matches!(cleaned.outcome, Outcome::Failed(_))
}

fn line(cleaned: &Cleaned) -> String {
    let path = printable(cleaned.path.as_os_str().as_encoded_bytes());
    let (what, why) = match &cleaned.outcome {
        Outcome::Removed(why) => ("removed", why.clone()),
        Outcome::WouldRemove(why) => ("would remove", why.clone()),
        Outcome::Kept(why) => ("kept", why.clone()),
        Outcome::Failed(error) => ("failed", error.to_string()),
    };
    format!("{what} {path}: {}\n", printable(why))
}
