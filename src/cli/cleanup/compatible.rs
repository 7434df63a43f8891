//! Options of werf that scripts give, and what becomes of them.

use crate::cli::registry_args::RegistryArgs;
use crate::cli::switch;
use crate::env::Env;

/// Those that mean something here, and those that do not.
#[derive(clap::Args, Debug, Clone)]
pub(in crate::cli) struct CompatibleArgs {
    /// Whether requests are made at the same time
    #[arg(long, short = 'p', hide = true, value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", value_parser = switch::parse)]
    parallel: Option<bool>,

    /// How many
    #[arg(long, hide = true, value_name = "N", allow_negative_numbers = true)]
    parallel_tasks_limit: Option<i64>,

    /// A server by which builds at the same time are kept apart: nothing is built here
    #[arg(long, short = 'S', hide = true, value_name = "ADDRESS")]
    synchronization: Option<String>,

    /// Repositories that stages may be taken from: none is built here
    #[arg(long, hide = true, value_name = "REPO")]
    secondary_repo: Vec<String>,

    /// Repositories that are a cache of builds: these are left alone
    #[arg(long, hide = true, value_name = "REPO")]
    cache_repo: Vec<String>,

    /// The environment, which templates ask for
    #[arg(long, hide = true, value_name = "NAME")]
    env: Option<String>,

    /// The platforms that are built
    #[arg(long, hide = true, value_name = "PLATFORM")]
    platform: Vec<String>,

    /// Whether what is not committed counts
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    dev: Option<bool>,
}

impl CompatibleArgs {
    /// Gives the number of requests to the options of registries, and says what counts for
    /// nothing.
    pub(in crate::cli) fn apply_to(&self, registries: &mut RegistryArgs, env: &Env) {
        let is_parallel = switch::resolve(self.parallel, env, "WERF_PARALLEL", true);
        let limit = env.utf8("WERF_PARALLEL_TASKS_LIMIT");
        let limit = self.parallel_tasks_limit.or_else(|| limit?.parse().ok());
        match (is_parallel, limit) {
            (false, _) => registries.set_jobs(1),
            // werf does one thing after the other then.
            (true, Some(limit)) => registries.set_jobs(u16::try_from(limit).unwrap_or(1)),
            (true, None) => {}
        }
        let ignored = [
            ("--synchronization", self.synchronization.is_some()),
            ("--secondary-repo", !self.secondary_repo.is_empty()),
            ("--cache-repo", !self.cache_repo.is_empty()),
            ("--env", self.env.is_some()),
            ("--platform", !self.platform.is_empty()),
            ("--dev", self.dev.is_some()),
        ];
        for (option, _) in ignored.iter().filter(|(_, is_given)| *is_given) {
            let report = registries.report();
            report.note(format!(
                "{option} counts for nothing here: nothing is built"
            ));
        }
    }
}
