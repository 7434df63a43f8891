//! `cleanup undo`: brings back what a cleanup has saved before it was removed.

use std::collections::HashSet;
use std::path::Path;

use super::backup::Place;
use crate::cleanup::apply::{Restored, Saved, saved, undo};
use crate::cli::brand_args::BrandArgs;
use crate::cli::outcomes::{NotBegun, Outcomes};
use crate::cli::record::{PLANNED, Record};
use crate::cli::registry_args::RegistryArgs;
use crate::cli::repository::repository;
use crate::cli::runtime;
use crate::env::Env;
use crate::error::{Explain, Failure};
use crate::oci::{Repository, Target};
use crate::registry::Brands;

/// Bring back what a cleanup has removed
///
/// What --backup has saved is pushed back: manifests and configs, and the tags that nothing else has
/// taken since. Layers are not saved; while the registry has not
/// collected them, images come back whole. What misses a layer stays away, and that is said.
///
/// JSON is one document: {"results": [...]}, for each tag and each manifest "target", "digest",
/// "outcome" (restored, unchanged, kept, failed or,
/// of a dry run, planned), "error" and "hint". What does not apply is left
/// out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside cleanup undo backup
  dockside cleanup undo backup registry.example.com/app --dry-run
  dockside cleanup undo registry.example.com/saved:1")]
pub(super) struct Args {
    /// Where the cleanup has saved to: a directory, or REGISTRY/REPO:TAG
    #[arg(value_name = "DIR|REF")]
    backup: Place,

    /// Leave out what was in other repositories than these
    #[arg(value_name = "REPO")]
    repositories: Vec<String>,

    /// Bring nothing back, only say what would be
    #[arg(long)]
    dry_run: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// A repository of which a backup has nothing.
#[derive(Debug, thiserror::Error)]
#[error("{backup} has nothing of {repository}")]
struct Unknown {
    backup: Place,
    repository: Repository,
}

impl Explain for Unknown {}

/// Brings it back.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let asked = args.repositories.iter().map(|name| repository(name));
    let asked: Vec<Repository> = asked.collect::<Result<_, _>>()?;
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let mut outcomes = Outcomes::new(said, args.output == "json");
        let backup = args.backup.fetch(&brands).await?;
        let saved = saved(backup.path()).await?;
        let mut seen = HashSet::new();
        let all = saved.iter().map(|one| &one.repository);
        let mut all: Vec<&Repository> = all.filter(|one| seen.insert(*one)).collect();
        if !asked.is_empty() {
            all.retain(|one| asked.contains(one));
        }
        if let Some(other) = asked.iter().find(|one| !all.contains(one)) {
            let (backup, repository) = (args.backup.clone(), other.clone());
            return Err(Unknown { backup, repository }.into());
        }
        for repository in all {
            if args.dry_run {
                let here = saved.iter().filter(|one| one.repository == *repository);
                if let Err(failure) = foresee(here, &brands, repository, &mut outcomes).await {
                    outcomes.failed(repository, failure);
                }
                continue;
            }
            let restored = match stop.is_set() {
                true => Err(NotBegun(repository.to_string()).into()),
                false => restore(backup.path(), &brands, repository).await,
            };
            match restored {
                Ok(all) => all
                    .into_iter()
                    .for_each(|one| tell(one, repository, &mut outcomes)),
                Err(failure) => outcomes.failed(repository, failure),
            }
        }
        outcomes.finish()
    })
}

/// Says what is not there.
async fn foresee(
    saved: impl Iterator<Item = &Saved>,
    brands: &Brands,
    repository: &Repository,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let brand = brands.at(repository).await?;
    for one in saved {
        let targets = std::iter::once(Target::Digest(one.digest.clone()));
        for target in targets.chain(one.tags.iter().cloned().map(Target::Tag)) {
            let name = match &target {
                Target::Digest(digest) => repository.at(digest.clone()),
                Target::Tag(tag) => repository.tagged(tag.clone()),
            };
            let record = |outcome| Record::new(name, outcome).at(&one.digest);
            match brand.remote().head(&target).await? {
                None => outcomes.planned("restore", record(PLANNED)),
                Some(now) if now.digest == one.digest => outcomes.quietly(record("unchanged")),
                Some(_) => outcomes.done(record("kept")),
            }
        }
    }
    Ok(())
}

async fn restore(
    backup: &Path,
    brands: &Brands,
    repository: &Repository,
) -> Result<Vec<Restored>, Failure> {
    let brand = brands.at(repository).await?;
    Ok(undo(&*brand, backup).await?)
}

fn tell(restored: Restored, repository: &Repository, outcomes: &mut Outcomes) {
    let Restored {
        digest,
        tags,
        taken,
        outcome,
    } = restored;
    let manifest = repository.at(digest.clone());
    match outcome {
        Ok(true) => outcomes.done(Record::new(manifest, "restored").at(&digest)),
        Ok(false) => outcomes.quietly(Record::new(manifest, "unchanged").at(&digest)),
        Err(failure) => return outcomes.failed(manifest, failure),
    }
    for tag in tags {
        outcomes.done(Record::new(repository.tagged(tag), "restored").at(&digest));
    }
    for tag in taken {
        outcomes.done(Record::new(repository.tagged(tag), "kept").at(&digest));
    }
}
