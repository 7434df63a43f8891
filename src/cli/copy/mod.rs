//! `copy`: from any place to any place.

mod pairs;
mod whole;

use std::path::PathBuf;

use super::brand_args::BrandArgs;
use super::moving::{MoveArgs, Plan, Run, distinct};
use crate::env::Env;
use crate::error::Failure;
use crate::pattern::Pattern;

/// What a log shows of it.
const TITLE: &str = "dockside copy";

/// Copy images between registries, layouts and archives, byte for byte
///
/// A place is `REGISTRY/REPO[:TAG|@DIGEST]`, `oci:DIR[:NAME]`, `oci-archive:FILE[:NAME]` or
/// `docker-archive:FILE[:NAME]`. Images for several platforms are copied with all of them, and
/// digests stay what they are unless `--platform` is given.
///
/// A reference without a tag means `latest`, on both sides: `copy REPO REPO` copies one image.
/// With `--all-tags` or `--match` it copies the images of all tags, or of those that match, under
/// the same tags; tags of the target that the source does not have stay. A repository that must be
/// there before a push (Amazon ECR, Google) is created when it is missing.
///
/// JSON is one document: {"results": [...]}, for each target "source", "target", "digest",
/// "narrowed_from" (the digest of all platforms, with --platform), "outcome" (written, unchanged,
/// kept, planned, refused or failed), "bytes" (that were sent), "reason" (of a refusal, in one
/// word), "error" and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(
    override_usage = "dockside copy [OPTIONS] SOURCE TARGET [SOURCE TARGET]...\n       \
                      dockside copy [OPTIONS] --file FILE",
    after_help = "\
Examples:
  dockside copy alpine:3.22 registry.example.com/mirror/alpine:3.22
  dockside copy registry.example.com/app:v1 registry.example.com/app:stable
  dockside copy --referrers ghcr.io/org/app@sha256:... registry.example.com/app:v1
  dockside copy --match 'v1.*' ghcr.io/org/app registry.example.com/app
  dockside copy --all-tags registry.example.com/app oci:backup/app
  dockside copy --file images.txt           a SOURCE and a TARGET a line, # begins a comment"
)]
pub struct Args {
    /// Each image and where it goes
    #[arg(value_name = "PLACE", required_unless_present = "file")]
    places: Vec<String>,

    /// Read sources and targets from this file, a pair a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Copy whole repositories: the images of all tags
    #[arg(long, conflicts_with = "patterns")]
    all_tags: bool,

    /// Copy whole repositories: the images whose tags match (a GLOB the whole tag, a /REGEX/ a
    /// part of it); repeatable
    #[arg(long = "match", value_name = "GLOB|/REGEX/")]
    patterns: Vec<Pattern>,

    #[command(flatten)]
    moving: MoveArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// Copies.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let mut pairs = pairs::of_arguments(&args.places)?;
    if let Some(file) = &args.file {
        pairs.extend(pairs::of_file(file)?);
    }
    if args.all_tags || !args.patterns.is_empty() {
        whole::check(&pairs)?;
        let run = Run::new(TITLE, &args.moving, env).creating(&args.brand);
        let referrers = args.moving.referrers;
        return run.go(whole::plan(
            &run.registries,
            pairs,
            &args.patterns,
            referrers,
        ));
    }
    let images: Vec<_> = pairs.into_iter().map(pairs::image).collect();
    distinct(images.iter().flat_map(|image| &image.targets))?;
    let run = Run::new(TITLE, &args.moving, env).creating(&args.brand);
    run.go(async { Ok(Plan::new(images)) })
}
