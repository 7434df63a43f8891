//! What is said of a project of werf's beside its `werf.yaml`.

use crate::cleanup::policy::Policy;
use crate::cleanup::werf::Images;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};

/// The project whose repositories are cleaned up as werf would.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Repositories that werf filled")]
pub(super) struct ProjectArgs {
    /// The name of the project, if it is not that of werf.yaml [env: WERF_PROJECT_NAME]
    #[arg(long, short = 'N', value_name = "NAME", alias = "project-name")]
    project: Option<String>,

    /// All images of the project, in place of those of werf.yaml
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    images: Vec<String>,

    /// Keep stages that were built within N hours; 0 for none of them
    /// [env: WERF_KEEP_STAGES_BUILT_WITHIN_LAST_N_HOURS] [default: that of werf.yaml, else 2]
    #[arg(long, value_name = "N")]
    keep_stages_built_within_last_n_hours: Option<u64>,
}

/// The variable for the option of that name.
const HOURS: &str = "WERF_KEEP_STAGES_BUILT_WITHIN_LAST_N_HOURS";

/// A value that a variable cannot have.
#[derive(Debug, thiserror::Error)]
#[error("{HOURS} is no number of hours")]
struct BadHours;

impl Explain for BadHours {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl ProjectArgs {
    /// Whether there is a project, whatever the policy is.
    pub(super) fn is_given(&self) -> bool {
        self.project.is_some() || !self.images.is_empty()
    }

    /// These in place of what the policy says.
    ///
    /// # Errors
    /// The variable is no number.
    pub(super) fn apply_to(&self, policy: &mut Policy, env: &Env) -> Result<(), Failure> {
        if self.is_given() {
            policy.werf.get_or_insert_default();
        }
        let Some(settings) = &mut policy.werf else {
            return Ok(());
        };
        let named = self.project.as_deref().or(env.utf8("WERF_PROJECT_NAME"));
        if let Some(name) = named {
            settings.project = Ok(Some(name.to_owned()));
        }
        if !self.images.is_empty() {
            settings.images = Images {
                names: self.images.clone(),
                hidden: None,
            };
        }
        let hours = match (self.keep_stages_built_within_last_n_hours, env.utf8(HOURS)) {
            (None, Some(text)) => Some(text.parse().map_err(|_| BadHours)?),
            (given, _) => given,
        };
        settings.hours = hours.unwrap_or(settings.hours);
        Ok(())
    }
}
