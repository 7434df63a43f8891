//! `pull`: images of registries into layouts and archives.

use super::moving::{Misuse, MoveArgs, Plan, Run, distinct, local_target, name_of, tag_of};
use crate::env::Env;
use crate::error::Failure;
use crate::transfer::{Image, Place};

/// Pull images into a layout or archive
///
/// TARGET is `oci:DIR[:NAME]`, `oci-archive:FILE[:NAME]` or `docker-archive:FILE[:NAME]`. A layout
/// keeps what it holds already; an archive is written anew. An image is named there by its tag,
/// several images with the same tag by their references, and in a `docker-archive` every image is.
///
/// A reference without a tag means `latest`.
///
/// JSON is one document: {"results": [...]}, for each target "source", "target", "digest",
/// "narrowed_from" (the digest of all platforms, with --platform), "outcome" (written, unchanged,
/// kept, planned, refused or failed), "bytes" (that were sent), "error" and "hint". What does not
/// apply is left out.
#[derive(clap::Args)]
#[command(
    override_usage = "dockside pull [OPTIONS] REF... TARGET",
    after_help = "\
Examples:
  dockside pull registry.example.com/app:v1 oci:images
  dockside pull registry.example.com/app:v1 docker-archive:app.tar
  dockside pull registry.example.com/app@sha256:... oci-archive:app.tar:v1
  dockside pull --platform linux/arm64 alpine:3.22 busybox:1.37 oci:images"
)]
pub struct Args {
    /// The images, and what to write
    #[arg(value_name = "ARGUMENT", required = true, num_args = 2..)]
    images: Vec<String>,

    #[command(flatten)]
    moving: MoveArgs,
}

/// Pulls.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let images = images(&args.images)?;
    let run = Run::new("dockside pull", &args.moving, env);
    run.go(async { Ok(Plan::new(images)) })
}

fn images(arguments: &[String]) -> Result<Vec<Image>, Failure> {
    let (target, references) = arguments
        .split_last()
        .ok_or_else(|| Misuse::new("no image is given", "write dockside pull REF... TARGET"))?;
    let target: Place = target.parse()?;
    if matches!(target, Place::Registry(_)) {
        return Err(Misuse::new(
            format!("{target} is neither a layout nor an archive"),
            "write oci:DIR, oci-archive:FILE or docker-archive:FILE; from registry to registry \
             use dockside copy",
        )
        .into());
    }
    let sources = references.iter().map(|text| match text.parse()? {
        Place::Registry(reference) => Ok(reference),
        place => Err(Failure::from(Misuse::new(
            format!("{place} is not in a registry"),
            "from layouts and archives use dockside copy",
        ))),
    });
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    if sources.len() > 1 && name_of(&target).is_some() {
        return Err(Misuse::new(
            format!("{target} is one name for {} images", sources.len()),
            "leave the name away: each image is then named by its tag",
        )
        .into());
    }
    let mut tags: Vec<_> = sources.iter().filter_map(tag_of).collect();
    tags.sort_unstable();
    let ambiguous = tags.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
    let images: Vec<Image> = sources
        .into_iter()
        .map(|source| {
            let target = local_target(&target, &source, ambiguous);
            Image::new(Place::Registry(source), vec![target])
        })
        .collect();
    distinct(images.iter().flat_map(|image| &image.targets))?;
    Ok(images)
}
