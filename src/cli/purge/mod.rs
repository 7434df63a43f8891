//! `purge`: removes everything from repositories.

mod werf;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::brand_args::BrandArgs;
use super::cleanup::{
    Command, CompatibleArgs, DoArgs, Executor, FinalArgs, InUseArgs, Planner, ReportArgs,
    RepositoriesArgs, Rules, Run, begin, left, unknown,
};
use super::progress::watched;
use super::registry_args::RegistryArgs;
use super::{runtime, switch};
use crate::cleanup::in_use;
use crate::cleanup::inventory::Inventory;
use crate::cleanup::policy::{Limits, Policy};
use crate::cleanup::werf::Primary;
use crate::cleanup::{Content, Graph, Node, Scope, Untagged};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Reference, Repository};
use crate::registry::{self, Brands, Why};

/// Remove everything from repositories, and the repositories themselves
///
/// Each name has to be typed in on the terminal, unless --yes is given. The repository itself is
/// removed too where the registry can do that, and nothing was pushed meanwhile.
///
/// A repository that is named by --repo, in the directory of a `werf.yaml`, is purged as werf does it:
/// what werf made goes, anything else stays, and so does the repository itself.
///
/// Where it is asked for (--in-use, --with-kube), a repository with images in use is left as it is
/// (exit code 3). So is one of whose list a part is missing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside purge registry.example.com/old --dry-run
  dockside purge registry.example.com/old --yes --in-use in-use.json
  dockside purge registry.example.com/old --yes --keep-repository --backup backup")]
pub struct Args {
    #[command(flatten)]
    repositories: RepositoriesArgs,

    /// Remove nothing, only say what would be done [env: WERF_DRY_RUN]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    dry_run: Option<bool>,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Keep the repository itself, without images
    #[arg(long)]
    keep_repository: bool,

    /// Also remove images that are in use
    #[arg(long)]
    force_in_use: bool,

    #[command(flatten)]
    finals: FinalArgs,

    #[command(flatten)]
    compatible: CompatibleArgs,

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

/// Why nothing is removed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{repository} is in use: {what}")]
    InUse {
        repository: Repository,
        what: String,
    },
    #[error("{what} is protected: {repository} cannot be purged")]
    Protected {
        repository: Repository,
        what: String,
    },
    #[error("nobody is there to confirm that all of {0} is to be removed")]
    Unasked(Repository),
    #[error("what was typed in is not {0}: nothing was removed")]
    Unconfirmed(Repository),
}

impl Explain for Refusal {
    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse { .. } => Some("give --force-in-use to remove it nevertheless".to_owned()),
            Self::Protected { .. } => Some(
                "take the protection off in the registry, or use `dockside cleanup`".to_owned(),
            ),
            Self::Unasked(_) => Some("give --yes, or look first with --dry-run".to_owned()),
            Self::Unconfirmed(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::InUse { .. } => Some("in-use"),
            Self::Protected { .. } => Some(Why::Protected.name()),
            Self::Unasked(_) | Self::Unconfirmed(_) => None,
        }
    }
}

/// Purges.
pub fn run(mut args: Args, env: &Env) -> Result<(), Failure> {
    args.compatible.apply_to(&mut args.registries, env);
    let said = args.registries.report();
    let dry_run = switch::resolve(args.dry_run, env, "WERF_DRY_RUN", false);
    let repositories = args.repositories.all(env, said)?;
    let is_werfs = werf::is_meant(&args.repositories, said);
    let last = args.finals.of(&repositories, is_werfs, env)?;
    args.doing.check(repositories.iter().chain(&last))?;
    let reports = args.reports.open(dry_run, env, said)?;
    if !dry_run && !args.yes {
        repositories.iter().chain(&last).try_for_each(confirm)?;
    }
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
        let mut report = begin(Command::Purge, dry_run);
        let in_use = args.in_use.rule(&in_use::Settings::default(), env).await;
        let in_use = match in_use {
            Ok(in_use) => in_use,
            Err(failure) => return Err(reports.stopped(report, repositories, failure)),
        };
        let in_use = in_use.filter(|_| !args.force_in_use).map(Arc::new);
        let rules = match is_werfs {
            true => werf::rules(in_use.clone(), Vec::new()),
            false => Rules::only(in_use.clone()),
        };
        let policy = match is_werfs {
            true => werf::policy(),
            false => everything(),
        };
        let mut planner = Planner::new(&brands, said, args.registries.jobs(), &policy, &rules);
        planner.progress = watch;
        let executor = args.doing.executor(&args.registries, &stop, watch);
        let work = async {
            let mut primary = None;
            for repository in repositories {
                let mut run = match executor.over(&repository) {
                    Some(failure) => super::cleanup::not_begun(repository, failure),
                    None => {
                        let (run, found) = plan(&planner, repository).await;
                        primary = found;
                        run
                    }
                };
                if !dry_run {
                    executor.execute(&brands, None, &mut run).await;
                }
                if !(args.keep_repository || is_werfs)
                    && let Err(failure) = remove(&brands, &executor, dry_run, &mut run).await
                {
                    run.failure = Some(failure);
                }
                report.runs.push(run);
            }
            if let Some(repository) = last {
                let before = report.runs.last();
                let primary = before.and_then(|run| left(run, primary, dry_run));
                let mut run = match (executor.over(&repository), primary) {
                    (Some(failure), _) => super::cleanup::not_begun(repository, failure),
                    (None, None) => unknown(repository),
                    (None, Some(primary)) => {
                        let rules = werf::rules(in_use, primary.customs);
                        plan(&planner.of_final(&rules), repository).await.0
                    }
                };
                run.is_final = true;
                if !dry_run {
                    executor.execute(&brands, None, &mut run).await;
                }
                report.runs.push(run);
            }
        };
        watched(watch, work).await;
        watch.finish();
        reports.finish(report)
    })
}

/// No rule, no limit, and all that is there.
fn everything() -> Policy {
    Policy {
        scope: Scope {
            untagged: Untagged::Go,
            ..Scope::default()
        },
        limits: Limits {
            percent: None,
            count: None,
            allow_empty: true,
        },
        ..Policy::default()
    }
}

/// Plans to remove everything that is meant, unless something of it is in use, or the registry
/// keeps it; and says what its final repository has to know of it.
async fn plan(planner: &Planner<'_>, repository: Repository) -> (Run, Option<Primary>) {
    let mut run = Run::new(repository);
    let (graph, evaluation) = match planner.settle(&run.repository).await {
        Ok(settled) => settled,
        Err(failure) => {
            run.failure = Some(failure);
            return (run, None);
        }
    };
    let primary = Primary::of(&graph, &evaluation);
    let reasons = evaluation.claims.reasons().iter();
    let used = reasons.clone().find(|reason| reason.rule == in_use::RULE);
    let refusal = match used {
        Some(reason) => Some(Refusal::InUse {
            repository: run.repository.clone(),
            what: reason.what.clone(),
        }),
        None => protected(&graph),
    };
    planner.draw(graph, evaluation, &mut run);
    if let Some(refusal) = refusal {
        run.refusal = Some(refusal.into());
    }
    (run, Some(primary))
}

/// What the registry does not let go, by its first tag, else by its digest.
fn protected(graph: &Graph) -> Option<Refusal> {
    let (id, node) = graph.nodes().find(|(_, node)| node.is_protected)?;
    let repository = graph.repository.clone();
    let tag = graph.names().find(|(_, name)| name.node == id);
    let named = match tag {
        Some((_, name)) => repository.tagged(name.tag.clone()),
        None => repository.at(node.digest.clone()),
    };
    let what = named.to_string();
    Some(Refusal::Protected { repository, what })
}

/// Removes the repository itself, if nothing is left in it and its brand can.
async fn remove(
    brands: &Brands,
    executor: &Executor<'_>,
    dry_run: bool,
    run: &mut Run,
) -> Result<(), Failure> {
    if run.refusal.is_some() || run.failure.is_some() {
        return Ok(());
    }
    let brand = brands.certain_at(&run.repository).await?;
    match brand.foresee_remove().await {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        // There is nothing to remove but its images.
        Err(registry::Error::Unsupported { .. }) => return Ok(()),
        Err(registry::Error::Refused(refusal)) if refusal.why == Why::Unsupported => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if dry_run {
        run.notes
            .push("the repository itself would be removed".to_owned());
        return Ok(());
    }
    if executor.is_over() || !run.steps(false).all(|(_, fate)| fate.goes()) {
        return Ok(());
    }
    let left = Inventory::new(&*brand, executor.jobs, None)
        .survey()
        .await?;
    let is_there = |(_, node): (_, &Node)| node.content != Content::Missing;
    if left.names().len() > 0 || left.nodes().any(is_there) || !left.gaps.is_empty() {
        let note = "the repository itself stays: there are images in it";
        run.notes.push(note.to_owned());
        return Ok(());
    }
    if brand.remove().await? {
        run.notes
            .push("the repository itself was removed".to_owned());
    }
    Ok(())
}

/// Asks for the repository's name.
fn confirm(repository: &Repository) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Refusal::Unasked(repository.clone()).into());
    }
    let mut out = std::io::stderr().lock();
    let question = format!("All of {repository} will be removed. Type its name to confirm: ");
    let mut answer = String::new();
    let read = out
        .write_all(question.as_bytes())
        .and_then(|()| out.flush())
        .and_then(|()| stdin.lock().read_line(&mut answer));
    match read {
        Ok(_) if is_answer(&answer, repository) => Ok(()),
        _ => Err(Refusal::Unconfirmed(repository.clone()).into()),
    }
}

/// Whether somebody has typed the name of a repository, in full or as the command line takes it.
fn is_answer(answer: &str, repository: &Repository) -> bool {
    let answer = answer.trim();
    answer == repository.to_string()
        || answer.parse::<Reference>().is_ok_and(|named| {
            named.repository == *repository && named.tag.is_none() && named.digest.is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::is_answer;

    #[test]
    fn the_name_is_the_answer() {
        let repository = "docker.io/acme/app".parse().unwrap();
        for answer in ["docker.io/acme/app\n", "acme/app\r\n"] {
            assert!(is_answer(answer, &repository), "{answer}");
        }
        for answer in ["", "y\n", "yes", "app", "acme/app:v1", "acme/apps"] {
            assert!(!is_answer(answer, &repository), "{answer}");
        }
    }
}
