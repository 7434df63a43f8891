//! The options of the commands that move images.

use std::path::PathBuf;

use crate::cli::progress::Mode;
use crate::cli::registry_args::RegistryArgs;
use crate::oci::Platform;

/// How images are moved, and what is said of it.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct MoveArgs {
    /// Also move what refers to the images: signatures, SBOMs, attestations
    #[arg(long)]
    pub(in crate::cli) referrers: bool,

    /// Move only this platform of images for several; their digest changes
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(super) platform: Option<Platform>,

    /// Leave tags that are there already as they are
    #[arg(long)]
    pub(super) no_clobber: bool,

    /// Move nothing, only print what would be moved, as lines of SOURCE TARGET
    #[arg(long)]
    pub(super) dry_run: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(super) output: Form,

    /// Write the digests of the images to this file, one a line, when all of them were moved
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(super) digest_file: Option<PathBuf>,

    /// Show neither progress nor a summary
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// How to show progress
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(super) progress: Mode,

    #[command(flatten)]
    pub(super) registry: RegistryArgs,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// A line for each target: the target, its digest, what was done
    Text,
    /// One document, {"results": [...]}, an object a line
    Json,
}
