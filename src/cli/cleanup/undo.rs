//! `cleanup undo`: brings back what a cleanup has saved before it was removed.

use std::path::PathBuf;

use super::repositories::RepositoriesArgs;
use crate::cleanup::apply::{Restored, undo};
use crate::cli::brand_args::BrandArgs;
use crate::cli::outcomes::{NotBegun, Outcomes};
use crate::cli::record::Record;
use crate::cli::registry_args::RegistryArgs;
use crate::cli::runtime;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Repository;
use crate::registry::Brands;

/// Bring back what a cleanup has removed
///
/// What --backup has saved of these repositories is pushed back: manifests and configs, and the
/// tags that nothing else has taken since. Layers are not saved; while the registry has not
/// collected them, images come back whole. What misses a layer stays away, and that is said.
///
/// JSON is one document: {"results": [...]}, for each tag and each manifest "target", "digest",
/// "outcome" (restored, unchanged, kept or failed), "error" and "hint". What does not apply is left
/// out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside cleanup undo registry.example.com/app --backup backup")]
pub(super) struct Args {
    #[command(flatten)]
    repositories: RepositoriesArgs,

    /// The directory that the cleanup has saved to
    #[arg(long, value_name = "DIR")]
    backup: PathBuf,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// Brings it back.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let repositories = args.repositories.all(env, said)?;
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let mut outcomes = Outcomes::new(said, args.output == "json");
        for repository in repositories {
            let restored = match stop.is_set() {
                true => Err(NotBegun(repository.to_string()).into()),
                false => restore(args, &brands, &repository).await,
            };
            match restored {
                Ok(all) => all
                    .into_iter()
                    .for_each(|one| tell(one, &repository, &mut outcomes)),
                Err(failure) => outcomes.failed(&repository, failure),
            }
        }
        outcomes.finish()
    })
}

async fn restore(
    args: &Args,
    brands: &Brands,
    repository: &Repository,
) -> Result<Vec<Restored>, Failure> {
    let brand = brands.at(repository).await?;
    Ok(undo(&*brand, &args.backup).await?)
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
