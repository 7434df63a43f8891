//! `cleanup apply`: does a plan that was made before.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::choice::LimitArgs;
use super::doing::DoArgs;
use super::final_repo::FinalArgs;
use super::report_args::{Command, ReportArgs, Run, begin};
use super::sources::InUseArgs;
use super::{execute, plans, used};
use crate::cleanup::in_use;
use crate::cleanup::plan;
use crate::cleanup::policy::{Limits, Policy};
use crate::cli::brand_args::BrandArgs;
use crate::cli::progress::watched;
use crate::cli::registry_args::RegistryArgs;
use crate::cli::runtime;
use crate::env::Env;
use crate::error::Failure;
use crate::report::Report;

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
    finals: FinalArgs,

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

/// Says how old plans are that most policies would make otherwise by now.
pub(super) fn tell_age(runs: &[Run], said: Report) {
    for plan in runs.iter().filter_map(|run| run.plan.as_ref()) {
        let age = Timestamp::now().duration_since(plan.taken);
        if age > OLD {
            let (repository, hours) = (&plan.repository, age.as_hours());
            said.note(format!("the plan for {repository} is {hours} hours old"));
        }
    }
}

/// Does it.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let reports = args.reports.open(args.dry_run, env, said)?;
    let mut policy = Policy::default();
    args.limits.apply_to(&mut policy);
    let mut runs = runs(&args.plan, &policy.limits)?;
    args.doing.check(runs.iter().map(|run| &run.repository))?;
    tell_age(&runs, said);
    let last = args.finals.of_plan(env)?;
    for run in &mut runs {
        run.is_final = last.as_ref() == Some(&run.repository);
    }
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let brands =
            args.finals
                .known_to(brands, last.as_ref(), &args.registries, &registries, env);
        let mut report = begin(Command::Cleanup, args.dry_run);
        let in_use = args.in_use.rule(&in_use::Settings::default(), env).await;
        let in_use = match in_use {
            Ok(in_use) => in_use,
            Err(failure) => {
                let repositories = runs.into_iter().map(|run| run.repository).collect();
                return Err(reports.stopped(report, repositories, failure));
            }
        };
        used::refuse(&mut runs, in_use.as_ref(), &brands, args.registries.jobs()).await;
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
