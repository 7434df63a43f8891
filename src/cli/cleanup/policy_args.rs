//! The options that say what is kept.

use std::path::PathBuf;
use std::time::Duration;

use crate::cleanup::Untagged;
use crate::cleanup::policy::{Flags, parse_age};
use crate::pattern::Pattern;

/// What is kept. What any of these keeps is kept.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "What is kept")]
pub(super) struct PolicyArgs {
    /// Keep the N newest images
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_last: Option<u32>,

    /// Keep images that are no older, such as 12h or 30d
    #[arg(long, value_name = "TIME", value_parser = parse_age)]
    keep_within: Option<Duration>,

    /// Keep these tags: TAG, GLOB or /REGEX/; repeatable
    #[arg(long, value_name = "PATTERN")]
    keep_tag: Vec<Pattern>,

    /// Keep the N highest versions (semver.org), without pre-releases
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_semver: Option<u32>,

    /// Keep images that were pulled or pushed since, where the registry counts pulls
    #[arg(long, value_name = "TIME", value_parser = parse_age)]
    keep_pulled_within: Option<Duration>,

    /// Keep what FILE names: a TAG, GLOB, /REGEX/ or DIGEST in a line; repeatable [env: WERF_KEEP_LIST]
    #[arg(long, value_name = "FILE")]
    keep_list: Vec<PathBuf>,

    /// Also remove manifests without tags that are older, or `all`
    #[arg(long, value_name = "TIME", value_parser = untagged)]
    untagged_older_than: Option<Untagged>,

    /// Leave all other tags alone: TAG, GLOB or /REGEX/; repeatable
    #[arg(long, value_name = "PATTERN")]
    only: Vec<Pattern>,
}

impl PolicyArgs {
    /// What they say.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            last: self.keep_last,
            within: self.keep_within,
            tags: self.keep_tag.clone(),
            semver: self.keep_semver,
            pulled_within: self.keep_pulled_within,
            untagged: self.untagged_older_than,
            keep_lists: self.keep_list.clone(),
            only: self.only.clone(),
        }
    }
}

fn untagged(text: &str) -> Result<Untagged, String> {
    match text {
        "all" => Ok(Untagged::Go),
        _ => parse_age(text).map(Untagged::OlderThan),
    }
}
