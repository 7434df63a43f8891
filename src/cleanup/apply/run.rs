//! A plan that is being done: what became of its steps, and when no other one is begun.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::drift::Drift;
use super::error::Fault;
use super::journal::{Journal, Line};
use super::moved::names_dummy;
use super::{Options, Outcome, Watch, backup};
use crate::cleanup::Error;
use crate::cleanup::plan::{Action, Plan, Step};
use crate::error::{Exit, Failure};
use crate::oci::{Manifest, Tag, Target};
use crate::registry::Brand;

/// How many deletions are under way at most. A registry that looks through all tags for each of
/// them (distribution) is not faster with more.
const MAX_DELETIONS: usize = 8;

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
    /// What was deleted since the last look: it comes back if something turns out to need it.
    pub recent: Vec<(usize, Manifest)>,
    /// Whether only manifests without tags are deleted.
    pub tags_first: bool,
    outcomes: BTreeMap<usize, Outcome>,
    should_stop: &'a (dyn Fn() -> bool + Sync),
    watch: &'a dyn Watch,
    started: Instant,
    deadline: Option<Duration>,
    /// Whether a failure has come that no step survives.
    is_over: bool,
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
            recent: Vec::new(),
            tags_first: false,
            outcomes,
            should_stop,
            watch,
            started: Instant::now(),
            deadline: options.deadline,
            is_over: false,
        };
        let tags = run.outcomes.keys().filter_map(|at| plan.steps.get(*at));
        let tags: Vec<&Tag> = tags.flat_map(|step| &step.tags).collect();
        run.drift.forget(tags);
        Ok(run)
    }

    /// Removes what tags were moved to by a run that was killed, and with it these tags. A request
    /// of that run may be under way still, and make the removal fail or come after it: what is left
    /// is seen by a later look.
    pub(super) async fn finish_moves(&mut self) -> Result<(), Error> {
        for (dummy, _) in std::mem::take(&mut self.journal.moves) {
            if self.remove_dummy(&dummy).await.is_ok() {
                self.journal.note(&Line::Moved(dummy));
            }
        }
        Ok(self.journal.flush()?)
    }

    /// Removes the dummies that tags were found to name, with these tags.
    pub(super) async fn finish_dummies(&mut self) -> Result<(), crate::registry::Error> {
        for dummy in self.drift.take_dummies() {
            self.remove_dummy(&dummy).await?;
        }
        Ok(())
    }

    /// Puts back what was deleted since the look before the last one, and is needed by something
    /// that came in between.
    pub(super) async fn bring_back(&mut self) -> Result<(), crate::oci::Error> {
        let mut recent = std::mem::take(&mut self.recent);
        loop {
            let found = recent
                .iter()
                .position(|(_, manifest)| self.drift.need(manifest.digest()).is_some());
            let Some(found) = found else {
                return Ok(());
            };
            let (at, manifest) = recent.swap_remove(found);
            let digest = manifest.digest();
            let why = self.drift.need(digest).cloned().unwrap_or_default();
            let target = Target::Digest(digest.clone());
            if self.brand.remote().head(&target).await?.is_none() {
                self.brand.remote().put_manifest(&target, &manifest).await?;
            }
            // What was refused stays a failure, although it had better stay now.
            if !matches!(self.outcomes.get(&at), Some(Outcome::Failed(_))) {
                self.outcomes.insert(at, Outcome::Skipped(why.clone()));
            }
            self.drift.keep_again(digest, &why).await;
        }
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
                self.drift.keep_whole(&step.digest, self.plan, &why).await;
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

    /// The repository cannot be read any longer, or the journal not be written: these steps would
    /// be done blindly.
    pub(super) async fn give_up<E>(&mut self, at: usize, error: E)
    where
        Failure: From<E>,
    {
        self.is_over = true;
        self.settle(at, Outcome::Failed(error.into())).await;
    }

    /// Writes the journal; whether that went well.
    pub(super) async fn note(&mut self, next: usize) -> bool {
        match self.journal.flush() {
            Ok(()) => true,
            Err(fault) => {
                self.give_up(next, fault).await;
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

    /// Removes the tags that go alone; the other steps.
    pub(super) async fn untag_alone(
        &mut self,
        steps: Vec<(usize, &'a Step)>,
    ) -> Vec<(usize, &'a Step)> {
        let alone = |(_, step): &(usize, &Step)| step.action == Action::Untag;
        let (alone, others): (Vec<_>, Vec<_>) = steps.into_iter().partition(alone);
        for (at, step) in alone {
            self.untag(at, step).await;
        }
        others
    }

    /// Removes single tags of a manifest that stays.
    async fn untag(&mut self, at: usize, step: &Step) {
        if step.tags.is_empty() {
            return self.settle(at, Outcome::Gone).await;
        }
        for tag in &step.tags {
            match self.drift.now(tag).await {
                Ok(Some(now)) if now != step.digest => {
                    match names_dummy(self.brand.remote(), &now).await {
                        Ok(true) => {}
                        Ok(false) => {
                            let why = format!("the tag {tag} now names {now}");
                            return self.settle(at, Outcome::Skipped(why)).await;
                        }
                        Err(error) => return self.settle_removal(at, Err(error)).await,
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return self.settle(at, Outcome::Gone).await,
                Err(error) => return self.settle_removal(at, Err(error)).await,
            }
            let removed = self.brand.untag(tag).await;
            if removed.is_ok() {
                self.drift.forget([tag]);
            }
            self.settle_removal(at, removed).await;
        }
    }

    /// Names a tag what it named before.
    pub(super) async fn put_back(&self, tag: &Tag, step: &Step) -> Result<(), crate::oci::Error> {
        let remote = self.brand.remote();
        let original = Target::Digest(step.digest.clone());
        if let Some(original) = remote.manifest(&original).await? {
            let target = Target::Tag(tag.clone());
            remote.put_manifest(&target, &original).await?;
        }
        Ok(())
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
    pub(super) fn end(mut self) -> Vec<Outcome> {
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
        let _ = self.journal.flush();
        let steps = 0..self.plan.steps.len();
        let end = steps.map(|at| match self.outcomes.remove(&at) {
            Some(outcome) => outcome,
            None => {
                self.watch.over(at, &Outcome::NotBegun);
                Outcome::NotBegun
            }
        });
        end.collect()
    }
}

/// The outcome of a removal that went well.
fn over(removed: bool) -> Outcome {
    match removed {
        true => Outcome::Done,
        false => Outcome::Gone,
    }
}
