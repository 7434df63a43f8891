//! `push`: images of layouts and archives to registries.

mod named;
mod source;

use std::str::FromStr as _;

use self::named::{Mode, Naming};
use super::brand_args::BrandArgs;
use super::moving::{Misuse, MoveArgs, Plan, Run, distinct, with_tag};
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Tag;
use crate::transfer::{Image, Place};

/// Push an image of a layout or archive under one or more names
///
/// SOURCE is `oci:DIR[:NAME]`, `oci-archive:FILE[:NAME]`, `docker-archive:FILE[:NAME]` (what
/// `docker save` writes, also in gzip or zstd), the path of a layout's directory or of an archive,
/// or `-` for an archive on standard input. It is read once for all names.
///
/// With `--repo`, several images are pushed below one repository. Where an image goes depends on
/// its name: with `--images-repo-mode multirepo` to REPO/NAME:TAG, with `monorepo` to
/// REPO:NAME-TAG, and one without a name to REPO:TAG.
///
/// A reference without a tag means `latest`. A repository that must be there before a push (Amazon
/// ECR, Google) is created when it is missing.
///
/// JSON is one document: {"results": [...]}, for each target "source", "target", "digest",
/// "narrowed_from" (the digest of all platforms, with --platform), "outcome" (written, unchanged,
/// kept, planned, refused or failed), "bytes" (that were sent), "reason" (of a refusal, in one
/// word), "error" and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(
    override_usage = "dockside push [OPTIONS] SOURCE REF...\n       \
                      dockside push [OPTIONS] --repo REPO [NAME=]SOURCE...",
    after_help = "\
Examples:
  dockside push oci:build registry.example.com/app:v1
  dockside push image.tar registry.example.com/app:v1 registry.example.com/app:latest
  docker save app | gzip | dockside push - registry.example.com/app:v1
  dockside push --repo registry.example.com/shop --tag v1 api=oci:api web=oci:web
  dockside push --digest-file digest oci:build registry.example.com/app:v1"
)]
pub struct Args {
    /// The image and its names; with `--repo`, images
    #[arg(value_name = "ARGUMENT", required = true)]
    images: Vec<String>,

    /// Push named images below this repository [env: WERF_REPO, when `--tag` or
    /// `--images-repo-mode` is given]
    #[arg(long, value_name = "REPO", help_heading = "Named images")]
    repo: Option<String>,

    /// How names make references: multirepo, monorepo, or auto (multirepo, but monorepo on
    /// Docker Hub, which has no nested repositories) [env: WERF_IMAGES_REPO_MODE] [default: auto]
    #[arg(
        long,
        value_name = "MODE",
        hide_possible_values = true,
        help_heading = "Named images"
    )]
    images_repo_mode: Option<Mode>,

    /// A tag of the named images; repeatable [default: latest]
    #[arg(long, value_name = "TAG", value_parser = Tag::from_str, help_heading = "Named images")]
    tag: Vec<Tag>,

    #[command(flatten)]
    moving: MoveArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// Pushes.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let images = match Naming::of(&args, env)? {
        Some(naming) => args
            .images
            .iter()
            .map(|argument| naming.image(argument))
            .collect::<Result<_, _>>()?,
        None => vec![image(&args.images)?],
    };
    distinct(images.iter().flat_map(|image| &image.targets))?;
    let run = Run::new("dockside push", &args.moving, env).creating(&args.brand);
    run.go(async { Ok(Plan::new(images)) })
}

/// One image and its references.
fn image(arguments: &[String]) -> Result<Image, Failure> {
    let (source, references) = match arguments {
        [source, references @ ..] if !references.is_empty() => (source, references),
        _ => {
            return Err(Misuse::new(
                "no reference to push to is given",
                "write dockside push SOURCE REGISTRY/REPOSITORY:TAG, or give --repo",
            )
            .into());
        }
    };
    let targets = references.iter().map(|text| target(text));
    let targets = targets.collect::<Result<_, _>>()?;
    Ok(Image::new(source::parse(source)?, targets))
}

fn target(text: &str) -> Result<Place, Failure> {
    match text.parse()? {
        Place::Registry(reference) => Ok(Place::Registry(with_tag(reference))),
        place => Err(Misuse::new(
            format!("{place} is not in a registry"),
            "to write layouts and archives use dockside pull or dockside copy",
        )
        .into()),
    }
}
