//! `cleanup`: removes from repositories what a policy does not keep.

mod apply;
mod backup;
mod choice;
mod compatible;
mod doing;
mod explain;
mod final_repo;
mod plans;
mod policy_args;
mod project_args;
mod report_args;
mod repositories;
mod resume;
mod session;
mod shard;
mod sources;
mod test;
mod undo;
mod used;
mod verdict;

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use self::choice::ChoiceArgs;
pub(super) use self::compatible::CompatibleArgs;
pub(super) use self::doing::DoArgs;
pub(super) use self::final_repo::{FinalArgs, left, unknown};
pub(super) use self::report_args::{Command, Report, ReportArgs, Run, begin};
pub(super) use self::repositories::RepositoriesArgs;
pub(super) use self::session::{Executor, Planner};
use self::sources::GitArgs;
pub(super) use self::sources::{InUseArgs, Rules};
use super::brand_args::BrandArgs;
use super::progress::watched;
use super::registry_args::RegistryArgs;
use super::{runtime, switch};
use crate::cleanup::Graph;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::Repository;
use crate::registry::Brands;

/// Remove from repositories what a policy does not keep
///
/// A policy says what is kept: `dockside.yaml`, the `cleanup` section of a `werf.yaml`, or options.
/// What any rule keeps stays with all that it needs: platforms of an image, signatures,
/// attestations, to any depth. What cannot be read stays too. The rest goes: tags, manifests that
/// no tag that stays leads to, and what belongs to these.
///
/// A dry run makes the same plan, and changes nothing. With --plan it is saved, and done later by
/// `dockside cleanup apply`. Whatever was pushed or moved after the plan was made is left alone.
///
/// Nothing is removed from any repository when git or a cluster that the policy asks for cannot be
/// read, nor from a repository that would lose more than --max-delete, or of whose list a part is
/// missing (exit code 3). A repository that fails does not keep the others from being cleaned.
///
/// JSON is one document, which has all that werf's report has.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    override_usage = "dockside cleanup [OPTIONS] REPO...\n       dockside cleanup COMMAND",
    after_help = "\
Examples:
  dockside cleanup registry.example.com/app --keep-last 10 --keep-tag 'v*' --dry-run
  dockside cleanup registry.example.com/app registry.example.com/web --policy dockside.yaml
  dockside cleanup registry.example.com/app --keep-within 30d --plan plan.json --dry-run
  dockside cleanup --repositories all.txt --shard auto --in-use in-use.json --backup backup
  dockside cleanup registry.example.com/app --keep-last 10 --backup registry.example.com/saved:1"
)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,

    #[command(flatten)]
    repositories: RepositoriesArgs,

    /// Remove nothing, only say what would be done [env: WERF_DRY_RUN]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    dry_run: Option<bool>,

    /// Save the plan, before any of it is done
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Go on with the plan that --plan names, if something of it is left, instead of making a new
    /// one. It has to be for the same repositories and policy; what is in use is looked up again,
    /// and where git has changed a new plan is made
    #[arg(long, requires = "plan")]
    resume: bool,

    /// Save what the repository looks like, for `dockside cleanup test`
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,

    /// Keep manifests and configs here from run to run, so that each is read once
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,

    #[command(flatten)]
    choice: ChoiceArgs,

    #[command(flatten)]
    finals: FinalArgs,

    #[command(flatten)]
    compatible: CompatibleArgs,

    #[command(flatten)]
    doing: DoArgs,

    #[command(flatten)]
    git: GitArgs,

    #[command(flatten)]
    in_use: InUseArgs,

    #[command(flatten)]
    reports: ReportArgs,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

#[derive(clap::Subcommand)]
enum Verb {
    Apply(Box<apply::Args>),
    Explain(Box<explain::Args>),
    Test(test::Args),
    Undo(Box<undo::Args>),
}

/// An inventory of more than one repository.
#[derive(Debug, thiserror::Error)]
#[error("an inventory is of one repository, and {0} are named")]
struct OneInventory(usize);

impl Explain for OneInventory {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// An inventory that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the inventory {}", .0.display())]
struct NoInventory(PathBuf, #[source] std::io::Error);

impl Explain for NoInventory {}

/// Cleans, or does what the verb says.
pub fn run(mut args: Args, env: &Env) -> Result<(), Failure> {
    args.compatible.apply_to(&mut args.registries, env);
    match args.verb {
        Some(Verb::Apply(args)) => apply::run(&args, env),
        Some(Verb::Explain(args)) => explain::run(&args, env),
        Some(Verb::Test(args)) => test::run(&args),
        Some(Verb::Undo(args)) => undo::run(&args, env),
        None => clean(&args, env),
    }
}

fn clean(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let dry_run = switch::resolve(args.dry_run, env, "WERF_DRY_RUN", false);
    let repositories = args.repositories.all(env, said)?;
    if args.inventory.is_some() && repositories.len() != 1 {
        return Err(OneInventory(repositories.len()).into());
    }
    let policy = args.choice.policy(env, said)?;
    let last = args.finals.of(&repositories, policy.werf.is_some(), env)?;
    args.doing.check(repositories.iter().chain(&last))?;
    let plan = args.plan.as_deref();
    let mut left = match plan.filter(|_| args.resume) {
        Some(path) => resume::left(path, &repositories, last.as_ref(), &policy)?,
        None => None,
    };
    let reports = args.reports.open(dry_run, env, said)?;
    let registries = args.registries.registries(env);
    let progress = args.doing.watch(&args.registries, env);
    let watch = &*progress;
    runtime::run_steps(&registries, async |stop| {
        let brands =
            args.brand
                .brands_for(args.repositories.repo(), &args.registries, &registries, env)?;
        let brands =
            args.finals
                .known_to(brands, last.as_ref(), &args.registries, &registries, env);
        let mut executor = args.doing.executor(&args.registries, &stop, watch);
        executor.resume = args.resume;
        let mut report = begin(Command::Cleanup, dry_run);
        let rules = Rules::find(&policy, &args.git, &args.in_use, &registries, env).await;
        let rules = match rules {
            Ok(rules) => rules,
            Err(failure) => return Err(reports.stopped(report, repositories, failure)),
        };
        if let (Some(runs), Some(path)) = (&mut left, plan) {
            used::refuse(runs, rules.in_use(), &brands, args.registries.jobs()).await;
            if !resume::is_left(path, runs)? {
                left = None;
            } else if !resume::is_current(runs, rules.history().as_ref()) {
                said.note("git has changed since the plan was made: a new one is made");
                left = None;
            }
        }
        if let Some(mut runs) = left {
            apply::tell_age(&runs, said);
            match dry_run {
                true => report.runs.append(&mut runs),
                false => {
                    watched(watch, execute(runs, plan, &executor, &brands, &mut report)).await;
                }
            }
            watch.finish();
            return reports.finish(report);
        }
        let mut planner = Planner::new(&brands, said, args.registries.jobs(), &policy, &rules);
        planner.cache.clone_from(&args.cache_dir);
        planner.record.clone_from(&args.inventory);
        planner.progress = watch;
        let work = async {
            // A plan that is saved is saved as a whole, before any of it is done.
            let is_late = dry_run || plan.is_some();
            let mut planned = Vec::new();
            let mut primary = None;
            for repository in repositories {
                let run = match executor.over(&repository) {
                    Some(failure) => not_begun(repository, failure),
                    None => {
                        let (run, found) = planner.plan(repository).await;
                        primary = found;
                        run
                    }
                };
                match is_late {
                    true => planned.push(run),
                    false => execute(vec![run], None, &executor, &brands, &mut report).await,
                }
            }
            if let Some(repository) = last {
                let before = planned.last().or(report.runs.last());
                let primary = before.and_then(|run| final_repo::left(run, primary, is_late));
                let run = match (executor.over(&repository), primary) {
                    (Some(failure), _) => not_begun(repository, failure),
                    (None, None) => unknown(repository),
                    (None, Some(primary)) => {
                        let rules = rules.of_final(&policy, primary);
                        planner.of_final(&rules).plan(repository).await.0
                    }
                };
                let run = Run {
                    is_final: true,
                    ..run
                };
                match is_late {
                    true => planned.push(run),
                    false => execute(vec![run], None, &executor, &brands, &mut report).await,
                }
            }
            if let Some(path) = plan {
                let plans = planned.iter().filter_map(|run| run.plan.as_ref());
                plans::write(path, &plans.collect::<Vec<_>>())?;
            }
            match dry_run {
                true => report.runs.append(&mut planned),
                false => execute(planned, plan, &executor, &brands, &mut report).await,
            }
            Ok::<(), Failure>(())
        };
        watched(watch, work).await?;
        watch.finish();
        reports.finish(report)
    })
}

/// A repository that was not come to.
pub(super) fn not_begun(repository: Repository, why: Failure) -> Run {
    let mut run = Run::new(repository);
    run.failure = Some(why);
    run
}

/// Does plans, and adds what became of them to the report.
async fn execute(
    runs: Vec<Run>,
    plan: Option<&Path>,
    executor: &Executor<'_>,
    brands: &Brands,
    report: &mut Report,
) {
    let count = runs.iter().filter(|run| run.plan.is_some()).count();
    let mut at = 0;
    for mut run in runs {
        if run.plan.is_some() {
            let journal = plan.map(|path| plans::journal(path, at, count));
            executor.execute(brands, journal, &mut run).await;
            at += 1;
        }
        report.runs.push(run);
    }
}

/// Writes what a repository looks like, as a whole or not at all.
fn record(path: &Path, graph: &Graph) -> Result<(), Failure> {
    let write = || {
        let directory = path.parent().filter(|path| *path != Path::new(""));
        let mut file = tempfile::Builder::new()
            .prefix(".dockside-inventory-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))?;
        let mut out = BufWriter::new(file.as_file_mut());
        graph.to_recorded(&mut out)?;
        out.flush()?;
        drop(out);
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| NoInventory(path.to_owned(), source).into())
}
