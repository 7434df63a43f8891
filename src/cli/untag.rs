//! `untag`: removes a name, and nothing that it names.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};

use super::brand_args::BrandArgs;
use super::outcomes::{NotBegun, Outcomes};
use super::record::{PLANNED, Record};
use super::registry_args::RegistryArgs;
use super::runtime::{self, Stop};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Reference, Registries, Repository, Tag};
use crate::registry::Brand;
use crate::report::Report;

/// Remove tags, and nothing that they name
///
/// The manifest and its other tags stay, also where the tag was its only one. Where a registry
/// can only delete whole manifests (distribution before 3.0), the tag is moved to an empty image
/// first, which then is deleted with it. A tag that is gone already is no failure.
///
/// JSON is one document: {"results": [...]}, for each tag "target", "outcome" (untagged, gone,
/// planned or failed), "reason" (of a failure, one of not-authenticated, not-allowed,
/// protected, in-use, rate-limited, not-found, unsupported and refused, if it is known), "error"
/// and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside untag registry.example.com/app:branch-x
  dockside untag registry.example.com/app:a registry.example.com/app:b --dry-run")]
pub struct Args {
    /// The tags: REGISTRY/REPO:TAG
    #[arg(value_name = "REF", required = true)]
    references: Vec<String>,

    /// Remove nothing, only say what would be done, as far as the registry tells beforehand
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

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("`{0}` names a manifest by its digest, which is no tag")]
    Digest(Reference),
    #[error("`{0}` names no tag")]
    NoTag(Reference),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Digest(_) => "use `dockside delete` to remove a manifest with all its tags",
            Self::NoTag(_) => "write the tag that is to be removed, also if it is `latest`",
        };
        Some(hint.to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Removes them.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let mut wanted: Vec<(Repository, Tag)> = Vec::new();
    for text in &args.references {
        let tag = tag(text)?;
        if !wanted.contains(&tag) {
            wanted.push(tag);
        }
    }
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, |stop| {
        untag(&args, env, &registries, wanted, stop)
    })
}

fn tag(text: &str) -> Result<(Repository, Tag), Failure> {
    let reference: Reference = text.parse()?;
    match (&reference.tag, &reference.digest) {
        (_, Some(_)) => Err(Error::Digest(reference).into()),
        (None, None) => Err(Error::NoTag(reference).into()),
        (Some(tag), None) => Ok((reference.repository.clone(), tag.clone())),
    }
}

async fn untag(
    args: &Args,
    env: &Env,
    registries: &Registries,
    wanted: Vec<(Repository, Tag)>,
    stop: Stop,
) -> Result<(), Failure> {
    let brands = args.brand.brands(&args.registries, registries, env)?;
    let mut places: HashMap<Repository, Box<dyn Brand>> = HashMap::new();
    for (repository, _) in &wanted {
        if !places.contains_key(repository) {
            places.insert(repository.clone(), brands.certain_at(repository).await?);
        }
    }
    let report = args.registries.report();
    let steps = stream::iter(wanted).map(async |(repository, tag)| {
        let reference = repository.tagged(tag.clone());
        let removed = match places.get(&repository) {
            Some(brand) if !stop.is_set() => {
                let mut under_way = UnderWay {
                    report,
                    reference: &reference,
                    is_over: args.dry_run,
                };
                let removed = remove(&**brand, &tag, args.dry_run).await;
                under_way.is_over = true;
                removed
            }
            _ => Err(NotBegun(reference.to_string()).into()),
        };
        (reference, removed)
    });
    let mut steps = Box::pin(steps.buffered(args.registries.jobs()));
    let mut outcomes = Outcomes::new(args.registries.report(), args.output == "json");
    while let Some((reference, removed)) = steps.next().await {
        match removed {
            Ok(true) if args.dry_run => {
                outcomes.planned("untag", Record::new(reference, PLANNED));
            }
            Ok(true) => outcomes.done(Record::new(reference, "untagged")),
            Ok(false) => outcomes.gone(reference),
            Err(failure) => outcomes.failed(reference, failure),
        }
    }
    outcomes.finish()
}

/// A removal. One that is broken off may leave the tag on an empty image, where a registry takes
/// several requests for it.
struct UnderWay<'a> {
    report: Report,
    reference: &'a Reference,
    is_over: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let reference = self.reference;
            self.report.note(format!(
                "{reference} was being removed: look at what it names now"
            ));
        }
    }
}

async fn remove(brand: &dyn Brand, tag: &Tag, dry_run: bool) -> Result<bool, Failure> {
    if dry_run {
        return Ok(brand.foresee_untag(tag).await?);
    }
    Ok(brand.untag(tag).await?)
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn only_tags_that_are_written() {
        let (repository, found) = tag("example.com/a:v1").unwrap();
        assert_eq!(
            (repository.to_string(), found.to_string()),
            ("example.com/a".to_owned(), "v1".to_owned())
        );
        let digest = format!("sha256:{}", "a".repeat(64));
        for wrong in [
            "example.com/a".to_owned(),
            format!("example.com/a@{digest}"),
            format!("example.com/a:v1@{digest}"),
        ] {
            assert_eq!(tag(&wrong).unwrap_err().exit() as u8, 2, "{wrong}");
        }
    }
}
