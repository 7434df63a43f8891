//! What was kept and what went, for people and for programs.

mod atomic;
mod columns;
mod html;
mod json;
mod markdown;
mod numbers;
mod publish;
mod summary;
mod table;
mod werf;

use jiff::Timestamp;

use super::apply::Outcome;
use super::plan::{Kept, Plan, Step};
use crate::error::Failure;
use crate::oci::Repository;

pub use atomic::{CannotWrite, check_writable};
pub use html::write as write_html;
pub use json::{path as json_path, render as render_json, write as write_json};
pub use markdown::markdown;
pub use publish::publish;
pub use summary::{Count, Group, Summary};
pub use table::{steps, table};

/// Which command it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// By a policy.
    Cleanup,
    /// Everything.
    Purge,
}

/// What a command did, or would do.
#[derive(Debug)]
pub struct Report {
    /// Which command.
    pub command: Command,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, or when this report of it was made.
    pub ended: Timestamp,
    /// What became of each repository.
    pub runs: Vec<Run>,
}

/// What became of a repository.
#[derive(Debug)]
pub struct Run {
    /// Which one.
    pub repository: Repository,
    /// What was to be done; `None` when it could not be found out.
    pub plan: Option<Plan>,
    /// What became of the plan's steps, in their order. What is missing at the end was not begun.
    pub outcomes: Vec<Outcome>,
    /// Why a guard would not have the plan done.
    pub refusal: Option<Failure>,
    /// What ended the work on the repository.
    pub failure: Option<Failure>,
    /// What people should know: what has to run before the space is free.
    pub notes: Vec<String>,
    /// Whether it is the final repository of a project of werf's.
    pub is_final: bool,
}

/// What became of a step.
#[derive(Debug, Clone, Copy)]
pub enum Fate<'a> {
    /// It would be done: this is a dry run.
    Planned,
    /// It was done.
    Done,
    /// There was nothing to remove any longer.
    Gone,
    /// It was left out; why, for people.
    Skipped(&'a str),
    /// It failed.
    Failed(&'a Failure),
    /// It was not begun.
    NotBegun,
}

impl Fate<'_> {
    /// Whether what the step is about goes: it did, or a dry run says that it would.
    pub fn goes(self) -> bool {
        matches!(self, Self::Planned | Self::Done | Self::Gone)
    }
}

/// The rule that keeps something, and what it found.
fn kept_why(kept: &Kept) -> String {
    match kept.what.as_str() {
        "" => kept.rule.clone(),
        what => format!("{}: {what}", kept.rule),
    }
}

impl Command {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cleanup => "cleanup",
            Self::Purge => "purge",
        }
    }
}

impl Run {
    /// A repository of which nothing is known yet.
    pub fn new(repository: Repository) -> Self {
        Self {
            repository,
            plan: None,
            outcomes: Vec::new(),
            refusal: None,
            failure: None,
            notes: Vec::new(),
            is_final: false,
        }
    }

    /// The steps in the order of execution, and what became of each. What a guard refused is not
    /// begun, in a dry run, too.
    pub fn steps(&self, dry_run: bool) -> impl Iterator<Item = (&Step, Fate<'_>)> {
        let steps = self.plan.iter().flat_map(|plan| &plan.steps);
        steps.enumerate().map(move |(at, step)| {
            let fate = match self.outcomes.get(at) {
                Some(Outcome::Done) => Fate::Done,
                Some(Outcome::Gone) => Fate::Gone,
                Some(Outcome::Skipped(why)) => Fate::Skipped(why),
                Some(Outcome::Failed(failure)) => Fate::Failed(failure),
                None if dry_run && self.refusal.is_none() => Fate::Planned,
                Some(Outcome::NotBegun) | None => Fate::NotBegun,
            };
            (step, fate)
        })
    }

    /// What became of the plan's steps for the most part, in words.
    fn verdict(&self, dry_run: bool) -> &'static str {
        match (&self.refusal, dry_run) {
            (Some(_), _) => "refused",
            (None, true) => "would go",
            (None, false) => "removed",
        }
    }

    /// Why nothing was removed, or not everything.
    pub fn stopped(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        let refusal = self.refusal.as_ref().map(|failure| ("refused", failure));
        let failure = self.failure.as_ref().map(|failure| ("failed", failure));
        refusal.into_iter().chain(failure)
    }
}
