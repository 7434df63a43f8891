//! Which policy holds.

use std::path::{Path, PathBuf};

use super::policy_args::PolicyArgs;
use super::project_args::ProjectArgs;
use crate::cleanup::policy::{MaxDelete, Policy};
use crate::env::Env;
use crate::error::Failure;
use crate::report::Report;

/// The files that are looked for, in this order.
const FILES: [&str; 2] = ["dockside.yaml", "werf.yaml"];

/// The policy, and how far it may go.
#[derive(clap::Args, Debug, Clone)]
pub(super) struct ChoiceArgs {
    /// The policy: a dockside.yaml, or a werf.yaml, whose `cleanup` section is meant
    /// [default: ./dockside.yaml, else ./werf.yaml, if there is one]
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "What is kept",
        alias = "config"
    )]
    policy: Option<PathBuf>,

    #[command(flatten)]
    flags: PolicyArgs,

    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// How far one run may go.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Guards")]
pub(super) struct LimitArgs {
    /// Refuse to remove more of a repository than N images, or that share of them; both may be
    /// given [default: 50%]
    #[arg(long, value_name = "N|P%")]
    max_delete: Vec<MaxDelete>,

    /// Allow that no image of a repository is left
    #[arg(long)]
    allow_empty: bool,
}

impl LimitArgs {
    /// These instead of what the policy says.
    pub(super) fn apply_to(&self, policy: &mut Policy) {
        for limit in &self.max_delete {
            policy.limits.set(*limit);
        }
        policy.limits.allow_empty |= self.allow_empty;
    }
}

impl ChoiceArgs {
    /// The policy of a file, with what flags add; else that of the flags alone.
    ///
    /// # Errors
    /// It cannot be read, makes no sense, or keeps nothing.
    pub(super) fn policy(&self, env: &Env, report: Report) -> Result<Policy, Failure> {
        let found = self.policy.clone().or_else(|| {
            let found = FILES.iter().map(PathBuf::from).find(|path| path.exists());
            if let Some(path) = &found {
                report.note(format!("the policy is {}", path.display()));
            }
            found
        });
        let mut flags = self.flags.flags();
        if flags.keep_lists.is_empty() {
            flags.keep_lists.extend(env.path("WERF_KEEP_LIST"));
        }
        let mut policy = match &found {
            Some(path) => {
                let mut policy = Policy::load(path)?;
                policy.add(&flags)?;
                policy
            }
            None if self.project.is_given() => {
                let mut policy = Policy::of_werf();
                policy.add(&flags)?;
                policy
            }
            None => Policy::simple(&flags)?,
        };
        self.project.apply_to(&mut policy, env)?;
        self.limits.apply_to(&mut policy);
        Ok(policy)
    }
}

/// The directory that a policy is of, where its git repository is looked for.
pub(super) fn directory(policy: &Policy) -> PathBuf {
    let parent = policy.source.as_deref().and_then(Path::parent);
    match parent.filter(|parent| *parent != Path::new("")) {
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}
