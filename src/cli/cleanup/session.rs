//! What is done to one repository after the other.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::backup::Place;
use super::report_args::Run;
use super::sources::Rules;
use crate::cleanup::apply::{self, Options};
use crate::cleanup::inventory::Inventory;
use crate::cleanup::plan::{self, Plan};
use crate::cleanup::policy::{Limits, Policy};
use crate::cleanup::werf::Primary;
use crate::cleanup::{Evaluation, Graph, Progress, Scope, Stage};
use crate::cli::outcomes::NotBegun;
use crate::cli::runtime::Stop;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Repository};
use crate::registry::{self, Brand, Brands};
use crate::report::Report;

/// How many manifests are read without being needed for any verdict: a second or two.
const CHEAP: usize = 500;

/// Who looks at repositories and plans.
pub(in crate::cli) struct Planner<'s> {
    pub(in crate::cli) brands: &'s Brands,
    pub(in crate::cli) report: Report,
    pub(in crate::cli) jobs: usize,
    /// Where what a repository looks like is saved.
    pub(in crate::cli) record: Option<PathBuf>,
    /// Where manifests and configs are kept from run to run.
    pub(in crate::cli) cache: Option<PathBuf>,
    pub(in crate::cli) rules: &'s Rules,
    pub(in crate::cli) scope: Scope,
    pub(in crate::cli) policy: Digest,
    pub(in crate::cli) limits: Limits,
    pub(in crate::cli) progress: &'s dyn Progress,
    /// The time that ages are counted from: one for all repositories.
    pub(in crate::cli) now: Timestamp,
}

/// Who does plans.
pub(in crate::cli) struct Executor<'s> {
    pub(in crate::cli) jobs: usize,
    pub(in crate::cli) stop: &'s Stop,
    pub(in crate::cli) began: Instant,
    /// How long all of it may go on.
    pub(in crate::cli) deadline: Option<Duration>,
    /// Whether what the journals say is done is left out.
    pub(in crate::cli) resume: bool,
    /// Where manifests are saved before they go.
    pub(in crate::cli) backup: Option<Place>,
    /// Whether what frees the space is started.
    pub(in crate::cli) gc: bool,
    pub(in crate::cli) progress: &'s dyn Progress,
}

impl<'s> Planner<'s> {
    /// One for a policy.
    pub(in crate::cli) fn new(
        brands: &'s Brands,
        report: Report,
        jobs: usize,
        policy: &Policy,
        rules: &'s Rules,
    ) -> Self {
        Self {
            brands,
            report,
            jobs,
            record: None,
            cache: None,
            rules,
            scope: policy.scope.clone(),
            policy: policy.digest(),
            limits: policy.limits,
            progress: &(),
            now: Timestamp::now(),
        }
    }

    /// The same for a final repository, which is not recorded.
    pub(in crate::cli) fn of_final<'f>(&'f self, rules: &'f Rules) -> Planner<'f> {
        Planner {
            brands: self.brands,
            report: self.report,
            jobs: self.jobs,
            record: None,
            cache: self.cache.clone(),
            rules,
            scope: self.scope.clone(),
            policy: self.policy.clone(),
            limits: self.limits,
            progress: self.progress,
            now: self.now,
        }
    }

    /// A repository, and the verdicts on it.
    ///
    /// # Errors
    /// It cannot be read at all, or what the rules need cannot.
    pub(in crate::cli) async fn settle(
        &self,
        repository: &Repository,
    ) -> Result<(Graph, Evaluation), Failure> {
        let brand = self.brands.certain_at(repository).await?;
        let family = self.brands.recognise(brand.remote()).await?.family;
        let inventory = Inventory::new(&*brand, self.jobs, self.cache.clone());
        let inventory = inventory.named(family.name()).telling(self.progress);
        let inventory = inventory.weighing(self.weighing(&*brand));
        let settled = inventory.settle(&self.rules.all, &self.scope, self.now);
        let settled = settled.await?;
        if let Some(why) = inventory.cache_failure() {
            self.report.note(format!("the cache is not used: {why}"));
        }
        self.rules.check()?;
        if inventory.is_absent() {
            let repository = repository.clone();
            if brand.hides() {
                return Err(Unseen(repository).into());
            }
            self.report
                .note(format!("there is no repository {repository}"));
        }
        if let Some(path) = &self.record {
            super::record(path, &settled.0)?;
        }
        Ok(settled)
    }

    /// How many manifests that stay may be read for their bytes.
    fn weighing(&self, brand: &dyn Brand) -> usize {
        match &self.cache {
            // It is done once.
            Some(_) => usize::MAX,
            None if brand.counts_reads() => 0,
            None => CHEAP,
        }
    }

    /// The plan for a repository, and what the guards say of it; and what its final repository has
    /// to know of it.
    pub(in crate::cli) async fn plan(&self, repository: Repository) -> (Run, Option<Primary>) {
        let mut run = Run::new(repository);
        let mut primary = None;
        match self.settle(&run.repository).await {
            Ok((graph, evaluation)) => {
                primary = Some(Primary::of(&graph, &evaluation));
                self.draw(graph, evaluation, &mut run);
            }
            Err(failure) => run.failure = Some(failure),
        }
        (run, primary)
    }

    /// Makes the plan of verdicts.
    pub(in crate::cli) fn draw(&self, graph: Graph, evaluation: Evaluation, run: &mut Run) {
        let complete = plan::complete(&graph);
        let mut plan = Plan::make(graph, evaluation, self.policy.clone());
        plan.git = self.rules.history();
        let judged = complete.and_then(|()| plan::judge(&plan, &self.limits));
        run.refusal = judged.err().map(Failure::from);
        run.plan = Some(plan);
    }
}

impl Executor<'_> {
    /// Does what was planned for a repository, unless a guard refuses it.
    pub(in crate::cli) async fn execute(
        &self,
        brands: &Brands,
        journal: Option<PathBuf>,
        run: &mut Run,
    ) {
        if run.refusal.is_some() || run.failure.is_some() {
            return;
        }
        let Some(plan) = run.plan.as_ref().filter(|plan| !plan.steps.is_empty()) else {
            return;
        };
        if let Some(failure) = self.over(&run.repository) {
            run.failure = Some(failure);
            return;
        }
        let brand = match brands.certain_at(&run.repository).await {
            Ok(brand) => brand,
            Err(error) => {
                run.failure = Some(error.into());
                return;
            }
        };
        self.progress.found(Stage::Remove, plan.steps.len() as u64);
        match self.apply(brands, &*brand, plan, journal).await {
            Ok(applied) => (run.outcomes, run.failure) = (applied.outcomes, applied.failure),
            Err(failure) => run.failure = Some(failure),
        }
        let is_done = |outcome: &apply::Outcome| matches!(outcome, apply::Outcome::Done);
        if run.outcomes.iter().any(is_done) {
            let note = match self.gc {
                true => apply::start_gc(&*brand).await,
                false => Ok(apply::after(&*brand).to_owned()),
            };
            match note {
                Ok(note) => run.notes.push(note),
                Err(source) => {
                    let repository = run.repository.clone();
                    let failure = NoCollection { repository, source };
                    run.failure.get_or_insert_with(|| failure.into());
                }
            }
        }
    }

    async fn apply(
        &self,
        brands: &Brands,
        brand: &dyn Brand,
        plan: &Plan,
        journal: Option<PathBuf>,
    ) -> Result<apply::Applied, Failure> {
        let backup = match &self.backup {
            Some(place) => Some(place.open(brands).await?),
            None => None,
        };
        let options = Options {
            jobs: self.jobs,
            deadline: self.remaining(),
            journal,
            resume: self.resume,
            backup,
        };
        let should_stop = || self.stop.is_set();
        Ok(apply::apply(
            brand,
            plan,
            &options,
            &should_stop,
            &Counting(self.progress),
        )
        .await?)
    }

    /// Why a repository is not to be begun, if it is not.
    pub(in crate::cli) fn over(&self, repository: &Repository) -> Option<Failure> {
        if self.stop.is_set() {
            return Some(NotBegun(repository.to_string()).into());
        }
        self.is_over().then(|| Late(repository.clone()).into())
    }

    /// Whether no other repository is to be begun.
    pub(in crate::cli) fn is_over(&self) -> bool {
        self.stop.is_set() || self.remaining() == Some(Duration::ZERO)
    }

    fn remaining(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_sub(self.began.elapsed()))
    }
}

/// A repository for which there was no time.
#[derive(Debug, thiserror::Error)]
#[error("{0} was not begun: the time is over")]
struct Late(Repository);

impl Explain for Late {
    fn hint(&self) -> Option<String> {
        Some("run it again, or give a longer --deadline".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Partly
    }
}

/// A repository that is not there, or not shown.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not there, or not shown to who asks: the registry does not tell which")]
struct Unseen(Repository);

impl Explain for Unseen {
    fn hint(&self) -> Option<String> {
        Some("look at its name, and at the rights of the login".to_owned())
    }
}

/// What was asked for after the removals, and could not be done.
#[derive(Debug, thiserror::Error)]
#[error("{repository} was cleaned, but what frees the space could not be started")]
struct NoCollection {
    repository: Repository,
    source: registry::Error,
}

impl Explain for NoCollection {
    fn hint(&self) -> Option<String> {
        self.source.hint()
    }

    fn exit(&self) -> Exit {
        Exit::Partly
    }
}

/// Counts the steps that are over.
struct Counting<'s>(&'s dyn Progress);

impl apply::Watch for Counting<'_> {
    fn over(&self, _: usize, _: &apply::Outcome) {
        self.0.over(Stage::Remove, 1);
    }
}
