//! Does what a plan says, each step after another look, and nothing else.
//!
//! Tags go first where that is better ([`Sweep`]), then manifests, in the order of their ranks.
//! Before each batch of requests the tags of the repository are read again: what was pushed or
//! tagged after the plan was made keeps all that it needs.
//!
//! One window cannot be closed, since registries have no conditional deletion. What can be lost is
//! a push that comes between a look and the removal that follows it:
//! - a push to a tag that is going, between the HEAD of the tag and the request that removes or
//!   moves it (one round trip);
//! - a new tag for a manifest that is going, between the list of names, which is read right before
//!   each group of deletions (four one after the other on each connection, or what the brand
//!   deletes with one request), and that deletion: the registry removes such a tag with the
//!   manifest, so that nothing shows afterwards that it was there. Where the registry says which
//!   tags a manifest has, that is asked in the moment before;
//! - a tag that was there before and is moved to a manifest that is going, between its HEAD, once
//!   before each batch, and that deletion.
//!
//! An index or a referrer that comes in these windows is seen by the next look, and what it needs
//! is put back.

mod backup;
mod blob;
mod doomed;
mod drift;
mod dummies;
mod error;
mod gc;
mod journal;
mod manifests;
mod mend;
mod moved;
mod recent;
mod run;
mod saved;
mod tags;
mod undo;
mod untag;

use std::path::PathBuf;
use std::time::Duration;

pub use backup::{Backup, fetch};
pub use error::Fault;
pub use gc::{after, start_gc};
pub use journal::is_over;
pub use saved::{Saved, saved};
pub use undo::{Restored, undo};

use self::drift::Drift;
use self::journal::Journal;
use self::run::Run;
use super::error::Error;
use super::plan::Plan;
use crate::error::Failure;
use crate::registry::{Brand, Sweep};

/// How a plan is done.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How many requests are under way at the same time at most.
    pub jobs: usize,
    /// How long it may go on; then no other step is begun.
    pub deadline: Option<Duration>,
    /// Where it is noted what was done; the file need not exist.
    pub journal: Option<PathBuf>,
    /// Whether steps that the journal says are done are left out.
    pub resume: bool,
    /// Where manifests are saved before they go.
    pub backup: Option<Backup>,
}

/// What became of a step.
#[derive(Debug)]
pub enum Outcome {
    /// It was done: the tag or the manifest is removed, or left with no tag to a registry that
    /// collects such manifests by itself ([`Sweep::Tags`]).
    Done,
    /// There was nothing to remove any longer.
    Gone,
    /// It was left out, since the repository has changed after the plan was made: what changed,
    /// for people.
    Skipped(String),
    /// It failed; what failed before it is nothing to do with it.
    Failed(Failure),
    /// It was not begun: the deadline, a signal, or a failure that no other step would survive.
    NotBegun,
}

/// What became of a plan.
#[derive(Debug)]
pub struct Applied {
    /// What became of each step, in their order.
    pub outcomes: Vec<Outcome>,
    /// What ended the work before its end, or before it was known to have harmed nothing, if that
    /// was no step's own failure: the repository could not be read any longer, or the journal not
    /// be written.
    pub failure: Option<Failure>,
}

/// Who is told of each step as soon as it is over.
pub trait Watch: Send + Sync {
    /// The step of this place in [`Plan::steps`] is over.
    fn over(&self, step: usize, outcome: &Outcome);

    /// A step that was done turned out to have removed what something needs by now: what became of
    /// it in the end.
    fn revoked(&self, _step: usize, _outcome: &Outcome) {}
}

/// Nobody.
impl Watch for () {
    fn over(&self, _: usize, _: &Outcome) {}
}

/// So many tags have to go before it pays to find out whether the registry deletes tags, and to
/// make a manifest that they are moved to.
const MANY: usize = 8;

/// Does a plan. `should_stop` is asked before each step.
///
/// # Errors
/// The work could not be begun; whatever happens later is the outcome of a step.
pub async fn apply(
    brand: &dyn Brand,
    plan: &Plan,
    options: &Options,
    should_stop: &(dyn Fn() -> bool + Sync),
    watch: &dyn Watch,
) -> Result<Applied, Error> {
    let here = brand.remote().repository();
    if *here != plan.repository {
        return Err(Fault::OtherRepository {
            plan: plan.repository.to_string(),
            here: here.to_string(),
        }
        .into());
    }
    let journal = Journal::open(options.journal.as_deref(), plan)?;
    let drift = Drift::new(brand, plan, options.jobs);
    let mut run = Run::new(brand, plan, options, should_stop, watch, journal, drift).await?;
    run.finish_moves().await;
    if run.is_over() {
        return Ok(run.end());
    }
    let many = plan.steps.iter().map(|step| step.tags.len()).sum::<usize>() >= MANY;
    let loses_tags = many || plan.steps.iter().any(|step| step.tags.is_empty());
    if brand.sweep() == Sweep::Moved && loses_tags && !run.must_stop(0.5) {
        // Deletion may be switched off altogether, which must be known before anything changes.
        match brand.base().check_deletes().await {
            Ok(()) => run.list_doomed().await,
            Err(error) => run.stop(error),
        }
    }
    match brand.sweep() {
        _ if run.is_over() => {}
        Sweep::Tags => {
            run.drop_tags().await;
            run.leave_untagged().await;
        }
        Sweep::Moved if !many => {}
        Sweep::Moved => match brand.base().deletes_tags().await {
            Ok(true) => run.drop_tags().await,
            Ok(false) => run.move_tags().await,
            Err(error) => run.stop(error),
        },
        Sweep::TagsThenManifests => run.drop_tags().await,
        Sweep::Manifests => {}
    }
    run.delete_manifests().await;
    run.mend().await;
    run.drop_lists().await;
    Ok(run.end())
}
