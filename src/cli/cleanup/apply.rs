//! `cleanup apply`: does a plan that was made before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::choice::LimitArgs;
use super::report_args::{Command, ReportArgs, Run, begin};
use super::session::Executor;
use super::sources::InUseArgs;
use super::{execute, plans};
use crate::cleanup::in_use::{self, InUseRule};
use crate::cleanup::plan::{self, Action, Plan};
use crate::cleanup::policy::{Limits, Policy};
use crate::cleanup::{Claims, Graph, Rule as _};
use crate::cli::brand_args::BrandArgs;
use crate::cli::progress::{self, CleanupWatch, Mode, watched};
use crate::cli::registry_args::RegistryArgs;
use crate::cli::runtime::{self, Stop};
use crate::duration;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Repository};

/// When a plan is so old that it is said: most policies would say something else a day later.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Do a plan that `dockside cleanup --plan` has saved
///
/// Exactly what the plan says is removed, and nothing else; what was pushed or moved after it was
/// made is left alone. The guards hold as they do for a cleanup, with the limits given here. Where it
/// is asked for (--in-use, --with-kube), it is looked up again what is in use, and a plan that would
/// remove something of that is not done (exit code 3).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside cleanup apply plan.json
  dockside cleanup apply plan.json --max-delete 80% --in-use in-use.json
  dockside cleanup apply plan.json --deadline 50m --resume")]
pub(super) struct Args {
    /// The plan
    #[arg(value_name = "FILE")]
    plan: PathBuf,

    /// Remove nothing, only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Go on where a run before has stopped
    #[arg(long)]
    resume: bool,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    doing: DoArgs,

    #[command(flatten)]
    in_use: InUseArgs,

    #[command(flatten)]
    reports: ReportArgs,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// How plans are done.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Removing")]
pub(in crate::cli) struct DoArgs {
    /// Begin nothing new after that time, such as 50m; the rest is done by --resume
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    deadline: Option<Duration>,

    /// Save manifests and configs, without layers, as an OCI layout in this directory before they
    /// go: `dockside cleanup undo` brings them back
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,

    /// Start what frees the space, where the registry has an API for it
    #[arg(long)]
    gc: bool,

    /// What is shown of the progress
    #[arg(long, value_name = "MODE", default_value = "auto")]
    progress: Mode,
}

impl DoArgs {
    /// Who does plans in this way.
    pub(in crate::cli) fn executor<'s>(
        &self,
        registries: &RegistryArgs,
        stop: &'s Stop,
        progress: &'s dyn CleanupWatch,
    ) -> Executor<'s> {
        Executor {
            jobs: registries.jobs(),
            stop,
            began: Instant::now(),
            deadline: self.deadline,
            resume: false,
            backup: self.backup.clone(),
            gc: self.gc,
            progress,
        }
    }

    /// What shows how far it is.
    pub(in crate::cli) fn watch(&self, args: &RegistryArgs, env: &Env) -> Arc<dyn CleanupWatch> {
        progress::watch_cleanup(self.progress, args.report(), args.is_verbose(), env)
    }
}

/// A plan that would remove what has come into use.
#[derive(Debug, thiserror::Error)]
#[error("the plan for {repository} would remove what is in use: {what}")]
struct InUse {
    repository: Repository,
    what: String,
}

impl Explain for InUse {
    fn hint(&self) -> Option<String> {
        Some("make a new plan, with --in-use or --with-kube".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn reason(&self) -> Option<&'static str> {
        Some("in-use")
    }
}

/// That a plan removes nothing that is in use.
fn check(plan: &Plan, in_use: &InUseRule) -> Result<(), InUse> {
    let mut graph = Graph::new(plan.repository.clone(), plan.brand.clone(), plan.taken);
    for step in &plan.steps {
        // The manifest of a tag that goes alone stays, by whatever digest it is used.
        let node = match step.action {
            Action::Delete => graph.add(&step.digest),
            Action::Untag => graph.add(&Digest::of(b"a tag alone")),
        };
        for tag in &step.tags {
            graph.name(tag.clone(), node, None);
        }
    }
    let mut claims = Claims::default();
    in_use.judge(&graph, Timestamp::now(), &mut claims);
    match claims.reasons().first() {
        Some(reason) if !claims.kept().is_empty() => Err(InUse {
            repository: plan.repository.clone(),
            what: reason.what.clone(),
        }),
        _ => Ok(()),
    }
}

/// The plans of a file, and what guards say of them.
///
/// # Errors
/// It cannot be read.
pub(super) fn runs(path: &Path, limits: &Limits) -> Result<Vec<Run>, Failure> {
    let plans = plans::read(path)?;
    let run = |plan| {
        let judged = plan::judge(&plan, limits);
        let mut run = Run::new(plan.repository.clone());
        run.refusal = judged.err().map(Failure::from);
        run.plan = Some(plan);
        run
    };
    Ok(plans.into_iter().map(run).collect())
}

/// Does it.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let reports = args.reports.open(args.dry_run, env, said)?;
    let mut policy = Policy::default();
    args.limits.apply_to(&mut policy);
    let mut runs = runs(&args.plan, &policy.limits)?;
    for plan in runs.iter().filter_map(|run| run.plan.as_ref()) {
        let age = Timestamp::now().duration_since(plan.taken);
        if age > OLD {
            let (repository, hours) = (&plan.repository, age.as_hours());
            said.note(format!("the plan for {repository} is {hours} hours old"));
        }
    }
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let mut report = begin(Command::Cleanup, args.dry_run);
        let in_use = args.in_use.rule(&in_use::Settings::default(), env).await;
        let in_use = match in_use {
            Ok(in_use) => in_use,
            Err(failure) => {
                let repositories = runs.into_iter().map(|run| run.repository).collect();
                return Err(reports.stopped(report, repositories, failure));
            }
        };
        for run in &mut runs {
            if let (Some(plan), Some(in_use)) = (&run.plan, &in_use)
                && let Err(refusal) = check(plan, in_use)
            {
                run.refusal = Some(refusal.into());
            }
        }
        if args.dry_run {
            report.runs = runs;
            return reports.finish(report);
        }
        let progress = args.doing.watch(&args.registries, env);
        let mut executor = args.doing.executor(&args.registries, &stop, &*progress);
        executor.resume = args.resume;
        let work = execute(runs, Some(&args.plan), &executor, &brands, &mut report);
        watched(&*progress, work).await;
        progress.finish();
        reports.finish(report)
    })
}
