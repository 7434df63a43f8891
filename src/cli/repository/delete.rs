//! `repository delete`.

use super::Common;
use crate::cli::outcomes::{NotBegun, Outcomes};
use crate::cli::record::{PLANNED, Record};
use crate::cli::runtime;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{self, Repository};
use crate::registry::{self, Brand};

/// Delete repositories with everything in them
///
/// A repository that holds anything is only deleted with --with-images (exit code 3 otherwise).
/// One that is gone already is no failure.
///
/// JSON is one document: {"results": [...]}, for each repository "target", "outcome" (deleted,
/// gone, planned, refused or failed), "reason", "error" and "hint". What does not apply is left
/// out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside repository delete docker.io/acme/app --dry-run
  dockside repository delete docker.io/acme/app --with-images")]
pub(super) struct Args {
    /// Also delete what is not empty
    #[arg(long)]
    with_images: bool,

    /// Delete nothing, only say what would be done
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    common: Common,
}

/// A repository that is not empty.
#[derive(Debug, thiserror::Error)]
#[error("{repository} is not empty: it has {what}")]
struct NotEmpty {
    repository: Repository,
    what: String,
}

impl Explain for NotEmpty {
    fn hint(&self) -> Option<String> {
        Some("give --with-images to delete all of it".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// Deletes them.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let common = &args.common;
    let wanted = common.repositories()?;
    let registries = common.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = common.brand.brands(&common.registries, &registries, env)?;
        let mut outcomes = Outcomes::new(common.registries.report(), common.output == "json");
        for repository in wanted {
            let delete = async {
                if stop.is_set() {
                    return Err(NotBegun(repository.to_string()).into());
                }
                let brand = brands.certain_at(&repository).await?;
                delete(args, &repository, &*brand).await
            };
            match delete.await {
                Ok(true) if args.dry_run => {
                    outcomes.planned("delete", Record::new(&repository, PLANNED));
                }
                Ok(true) => outcomes.done(Record::new(&repository, "deleted")),
                Ok(false) => outcomes.gone(&repository),
                Err(failure) => outcomes.failed(&repository, failure),
            }
        }
        outcomes.finish()
    })
}

async fn delete(args: &Args, repository: &Repository, brand: &dyn Brand) -> Result<bool, Failure> {
    // What cannot be done at all is said before what is in the way.
    if (args.dry_run || !args.with_images) && !brand.foresee_remove().await? {
        return Ok(false);
    }
    if !args.with_images
        && let Some(what) = content(brand, args.common.registries.jobs()).await?
    {
        return Err(NotEmpty {
            repository: repository.clone(),
            what,
        }
        .into());
    }
    if args.dry_run {
        return Ok(true);
    }
    Ok(brand.remove().await?)
}

/// What is in it, for people: tags, or manifests without tags where the registry lists those.
async fn content(brand: &dyn Brand, jobs: usize) -> Result<Option<String>, Failure> {
    let mut page = brand.remote().tags();
    let tags = match page.page().await {
        Ok(tags) => tags.unwrap_or_default(),
        // So answer registries where there is no such repository, or nothing in it.
        Err(oci::Error::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(registry::Error::from(error).into()),
    };
    if let Some(tag) = tags.first() {
        return Ok(Some(match tags.len() {
            1 => format!("the tag {tag}"),
            _ => format!("the tag {tag} and others"),
        }));
    }
    let listed = match brand.listing(jobs).await {
        Ok(listing) => listing.map(|listing| listing.entries.len()),
        Err(registry::Error::Refused(refusal)) if refusal.why == registry::Why::NotFound => None,
        Err(registry::Error::Oci(oci::Error::NotFound { .. })) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(listed
        .filter(|count| *count > 0)
        .map(|count| format!("{count} manifests without tags")))
}
