//! A plan that is being done: what became of its steps, and when no other one is begun.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::drift::Drift;
use super::error::Fault;
use super::journal::{Journal, Line};
use super::recent::{Ahead, Recent};
use super::{Applied, Options, Outcome, Watch, backup};
use crate::cleanup::Error;
use crate::cleanup::plan::{Action, Plan, Step};
use crate::error::{Exit, Failure};
use crate::oci::{Digest, Tag};
use crate::registry::Brand;

/// How many deletions are under way at most. A registry that looks through all tags for each of
/// them (distribution) is not faster with more.
pub(super) const MAX_DELETIONS: usize = 8;

/// A plan that is being done.
pub(super) struct Run<'a> {
    pub brand: &'a dyn Brand,
    pub plan: &'a Plan,
    pub drift: Drift<'a>,
    pub journal: Journal,
    pub jobs: usize,
    pub backup: Option<backup::Saver>,
    /// Steps whose tags are gone and whose manifests are still to go; whether there were tags.
    pub begun: HashMap<usize, bool>,
    /// What was deleted of late: it comes back if something turns out to need it.
    pub recent: Recent,
    /// What was read of what is to be deleted.
    pub ahead: Ahead,
    /// Whether only manifests without tags are deleted.
    pub tags_first: bool,
    /// Lists of what is to go, at the registry.
    pub lists: Vec<Digest>,
    outcomes: BTreeMap<usize, Outcome>,
    should_stop: &'a (dyn Fn() -> bool + Sync),
    watch: &'a dyn Watch,
    started: Instant,
    deadline: Option<Duration>,
    /// Whether a failure has come that no step survives.
    is_over: bool,
    /// What ended the work, if that was no step's own failure.
    failure: Option<Failure>,
}

impl<'a> Run<'a> {
    pub(super) async fn new(
        brand: &'a dyn Brand,
        plan: &'a Plan,
        options: &Options,
        should_stop: &'a (dyn Fn() -> bool + Sync),
        watch: &'a dyn Watch,
        journal: Journal,
        drift: Drift<'a>,
    ) -> Result<Self, Error> {
        let backup = match &options.backup {
            Some(backup) => Some(backup::Saver::open(backup, &plan.repository)?),
            None => None,
        };
        let skipped = journal.skips(options.resume);
        let done = journal.done.iter();
        let done = done.filter(|(step, _)| skipped.contains(step));
        let outcomes = done.map(|(step, done)| (*step, over(*done))).collect();
        let mut run = Self {
            brand,
            plan,
            drift,
            journal,
            jobs: options.jobs.clamp(1, MAX_DELETIONS),
            backup,
            begun: HashMap::new(),
            recent: Recent::default(),
            ahead: Ahead::default(),
            tags_first: false,
            lists: Vec::new(),
            outcomes,
            should_stop,
            watch,
            started: Instant::now(),
            deadline: options.deadline,
            is_over: false,
            failure: None,
        };
        let tags = run.outcomes.keys().filter_map(|at| plan.steps.get(*at));
        let tags: Vec<&Tag> = tags.flat_map(|step| &step.tags).collect();
        run.drift.forget(tags);
        Ok(run)
    }

    /// The steps that are still to be done, in the order of their ranks.
    pub(super) fn open(&self) -> Vec<(usize, &'a Step)> {
        let steps = self.plan.steps.iter().enumerate();
        let mut open: Vec<_> = steps
            .filter(|(at, _)| !self.outcomes.contains_key(at))
            .collect();
        open.sort_by_key(|(_, step)| step.rank);
        open
    }

    /// What became of a step, if it is over.
    pub(super) fn outcome(&self, at: usize) -> Option<&Outcome> {
        self.outcomes.get(&at)
    }

    /// Whether no other step may be begun. Of the time there is, `share` may have passed.
    pub(super) fn must_stop(&self, share: f64) -> bool {
        let late = self
            .deadline
            .is_some_and(|deadline| self.started.elapsed() >= deadline.mul_f64(share));
        self.is_over || late || (self.should_stop)()
    }

    /// Whether what is begun cannot be finished.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether somebody wants it to stop as soon as it can.
    pub(super) fn is_told_to_stop(&self) -> bool {
        (self.should_stop)()
    }

    /// A step is over. What stays although it was to go keeps what belongs to it.
    pub(super) async fn settle(&mut self, at: usize, outcome: Outcome) {
        let Some(step) = self.plan.steps.get(at) else {
            return;
        };
        let stays = match &outcome {
            Outcome::Done | Outcome::Gone => {
                let done = matches!(outcome, Outcome::Done);
                self.journal.note(&Line::Step(at, done));
                None
            }
            Outcome::Skipped(why) => Some(why.clone()),
            Outcome::Failed(failure) => {
                let never = !self
                    .outcomes
                    .values()
                    .any(|one| matches!(one, Outcome::Done));
                let fatal = match failure.reason() {
                    Some("not-authenticated" | "unsupported") => true,
                    Some("protected" | "in-use") => false,
                    _ => failure.exit() == Exit::NotAuthorised && never,
                };
                self.is_over |= fatal;
                Some(failure.message())
            }
            Outcome::NotBegun => None,
        };
        self.watch.over(at, &outcome);
        self.outcomes.insert(at, outcome);
        if let (Some(why), false) = (stays, self.is_over) {
            let why = format!("{} stays: {why}", step.digest);
            self.drift.keep_followers(step, self.plan, &why).await;
            if step.action == Action::Delete {
                self.drift.keep_whole(&step.digest, &why).await;
            }
        }
    }

    /// A removal has come to its end.
    pub(super) async fn settle_removal<E>(&mut self, at: usize, removed: Result<bool, E>)
    where
        Failure: From<E>,
    {
        let outcome = match removed {
            Ok(removed) => over(removed),
            Err(error) => Outcome::Failed(error.into()),
        };
        self.settle(at, outcome).await;
    }

    /// What was done had to be undone, or is lost: this is what became of it. What was refused
    /// stays a failure.
    pub(super) fn revoke(&mut self, at: usize, outcome: Outcome) {
        if matches!(self.outcomes.get(&at), Some(Outcome::Failed(_))) {
            return;
        }
        self.journal.note(&Line::Back(at));
        self.watch.revoked(at, &outcome);
        self.outcomes.insert(at, outcome);
    }

    /// The repository cannot be read any longer, or the journal not be written: whatever came now
    /// would be done blindly.
    pub(super) fn stop(&mut self, failure: impl Into<Failure>) {
        self.is_over = true;
        self.failure.get_or_insert_with(|| failure.into());
    }

    /// Writes the journal; whether that went well.
    pub(super) fn note(&mut self) -> bool {
        match self.journal.flush() {
            Ok(()) => true,
            Err(fault) => {
                self.stop(fault);
                false
            }
        }
    }

    /// Saves what the steps are going to delete; those that are saved.
    pub(super) async fn save(&mut self, steps: Vec<(usize, &'a Step)>) -> Vec<(usize, &'a Step)> {
        let Some(backup) = &mut self.backup else {
            return steps;
        };
        let targets: Vec<&Step> = steps.iter().map(|(_, step)| *step).collect();
        let saved = backup.save(self.brand, &targets, self.jobs).await;
        let mut going = Vec::new();
        for ((at, step), saved) in steps.into_iter().zip(saved) {
            match saved {
                Ok(()) => going.push((at, step)),
                Err(fault) => self.settle(at, Outcome::Failed(fault.into())).await,
            }
        }
        going
    }

    /// Whether a new plan would have all that is left of this one: what lost its tags would look
    /// like something that never had any.
    fn is_through(&self) -> bool {
        let mut steps = self.plan.steps.iter().enumerate();
        steps.all(|(at, step)| match self.outcomes.get(&at) {
            None | Some(Outcome::NotBegun) => false,
            Some(Outcome::Failed(_)) => !step.tags.iter().any(|tag| self.drift.has_removed(tag)),
            Some(Outcome::Done | Outcome::Gone | Outcome::Skipped(_)) => true,
        })
    }

    /// What became of all steps.
    pub(super) fn end(mut self) -> Applied {
        let repository = &self.plan.repository;
        let begun = std::mem::take(&mut self.begun);
        for (at, _) in begun.into_iter().filter(|(_, any)| *any) {
            if let (Some(step), None) = (self.plan.steps.get(at), self.outcomes.get(&at)) {
                let fault = Fault::Halfway(repository.at(step.digest.clone()));
                let outcome = Outcome::Failed(fault.into());
                self.watch.over(at, &outcome);
                self.outcomes.insert(at, outcome);
            }
        }
        if self.is_through() {
            self.journal.note(&Line::End);
        }
        // What could not be noted any more would be found gone by the next run.
        self.note();
        let steps = 0..self.plan.steps.len();
        let outcomes = steps.map(|at| match self.outcomes.remove(&at) {
            Some(outcome) => outcome,
            None => {
                self.watch.over(at, &Outcome::NotBegun);
                Outcome::NotBegun
            }
        });
        Applied {
            outcomes: outcomes.collect(),
            failure: self.failure,
        }
    }
}

/// The outcome of a removal that went well.
fn over(removed: bool) -> Outcome {
    match removed {
        true => Outcome::Done,
        false => Outcome::Gone,
    }
}
