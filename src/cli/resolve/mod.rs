//! `resolve`: the digests that a deployment pins.

mod digests;
mod document;
mod files;
mod names;

use super::print;
use super::registry_args::RegistryArgs;
use super::runtime;
use crate::env::Env;
use crate::error::Failure;
use crate::pattern::Pattern;

/// Find the digests of images, for deployments that always run the same
///
/// Each REF is printed on a line of its own, as REGISTRY/REPO@DIGEST. That of an image for several
/// platforms is the digest of its index. Unless all of them are there, nothing is printed.
///
/// With -f the images that files name get their digests, and all else stays byte for byte: manifests
/// of Kubernetes in YAML or JSON, any number in a file, docker compose, GitLab CI. Names stand under
/// the key `image`, and under keys that --key names. Names with a digest stay; those that a template
/// or a variable makes stay, too, and so does what has `repository` and `tag` apart; standard error
/// says so.
///
/// JSON is one document: {"results": [...]}, for each REF "source" (the REF), "target" (what to pin)
/// "digest", "outcome" (resolved or failed), "error" and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside resolve registry.example.com/app:v1 nginx:1.27
  dockside resolve -f deploy.yaml | kubectl apply -f -
  dockside resolve --in-place -f deploy/*.yaml
  dockside resolve --check -f deploy/*.yaml")]
pub struct Args {
    /// Images: REGISTRY/REPO:TAG
    #[arg(value_name = "REF", required_unless_present = "files")]
    references: Vec<String>,

    /// Files whose images get digests; - is standard input
    #[arg(long = "file", short, value_name = "FILE", num_args = 1.., conflicts_with = "references")]
    files: Vec<String>,

    /// Write the files, in place of printing the only one
    #[arg(long, requires = "files", conflicts_with = "check")]
    in_place: bool,

    /// Only list images without a digest, as FILE:LINE: IMAGE; exit 1 if there is one. No registry
    /// is asked
    #[arg(long, requires = "files")]
    check: bool,

    /// Another key under which images are named, or the name of a variable; repeatable. A GLOB or
    /// /REGEX/, such as RELATED_IMAGE_*
    #[arg(long = "key", value_name = "PATTERN", requires = "files")]
    keys: Vec<Pattern>,

    /// Keep the tag beside the digest, for people: some programs, such as skopeo, refuse that
    #[arg(long)]
    keep_tag: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"],
          conflicts_with = "files")]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,
}

/// Prints digests, or writes them into files.
///
/// # Errors
/// An image is not there, or not to be asked for; a file cannot be read or written.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    if args.files.is_empty() {
        names::run(&args, env)
    } else {
        files::run(&args, env)
    }
}
