//! `tags`: what there is in a repository.

mod long;
mod row;

use std::fmt::Write as _;

use serde::Serialize;

use super::brand_args::BrandArgs;
use super::registry_args::RegistryArgs;
use super::runtime;
use super::stdout::print_part;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::{Remote, Repository, Tag};
use crate::pattern::Pattern;

/// List the tags of a repository
///
/// Without --long they are printed one a line, in the registry's order, while they arrive.
///
/// With --long there is a line for each, with digest, date, size (of config and layers, summed
/// over all platforms of an index) and content: the platform of an image, how many an index has,
/// or the type of another artifact. What cannot be known is `-`.
///
/// Where the registry's own API lists all that at once, it is asked instead, and sizes are as the
/// registry counts them. Each date has the name of its clock: CREATED when the image was made,
/// PUSHED when the registry got it, PULLED when it was last pulled, EXPIRES when the registry
/// will remove the tag.
///
/// JSON is one document: {"repository", "tags": [{"tag"}]}, with --long also "digest",
/// "media_type", "artifact_type", "created", "size" (in bytes) and "platforms" of each, and where
/// the registry says them "pushed", "pulled", "expires" and "protected".
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside tags registry.example.com/app
  dockside tags registry.example.com/app --long --match 'v1.*'
  dockside tags alpine --match '/^3\\.\\d+$/' --output json")]
pub struct Args {
    /// The repository
    #[arg(value_name = "REPO")]
    repository: String,

    /// Also say what each tag names
    #[arg(long, short)]
    long: bool,

    /// List only the tags that match: a GLOB the whole tag, a /REGEX/ a part of it; repeatable
    #[arg(long = "match", value_name = "GLOB|/REGEX/")]
    patterns: Vec<Pattern>,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "table", value_parser = ["table", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

impl Args {
    /// Whether a tag is one of those that were asked for.
    fn means(&self, tag: &Tag) -> bool {
        Pattern::any(&self.patterns, tag.as_str())
    }

    fn is_json(&self) -> bool {
        self.output == "json"
    }
}

/// Prints them.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let repository: Repository = args.repository.parse()?;
    let registries = args.registries.registries(env);
    runtime::run(&registries, async {
        let remote = registries.at(&repository)?;
        if args.long {
            let brands = args.brand.brands(&args.registries, &registries, env)?;
            let brand = brands.at(&repository).await?;
            if let Some(listing) = brand.listing(args.registries.jobs()).await? {
                return long::print_listing(&args, &repository, listing).await;
            }
            let tags = all(&args, &remote).await?;
            long::print(&args, remote, tags).await
        } else if args.is_json() {
            print_json(&repository, all(&args, &remote).await?).await
        } else {
            print_lines(&args, &remote).await
        }
    })
}

/// The tags that are meant.
async fn all(args: &Args, remote: &Remote) -> Result<Vec<Tag>, Failure> {
    let mut pages = remote.tags();
    let mut tags = Vec::new();
    while let Some(mut page) = pages.page().await? {
        page.retain(|tag| args.means(tag));
        tags.append(&mut page);
    }
    Ok(tags)
}

async fn print_lines(args: &Args, remote: &Remote) -> Result<(), Failure> {
    let mut pages = remote.tags();
    while let Some(page) = pages.page().await? {
        let mut lines = String::new();
        for tag in page {
            if args.means(&tag) {
                // Writing to a string does not fail.
                let _ = writeln!(lines, "{tag}");
            }
        }
        if !print_part(move |out| out.write_all(lines.as_bytes())).await? {
            break;
        }
    }
    Ok(())
}

/// A repository's tags.
#[derive(Serialize)]
struct Document {
    repository: String,
    tags: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    tag: String,
}

async fn print_json(repository: &Repository, tags: Vec<Tag>) -> Result<(), Failure> {
    let entry = |tag: Tag| Entry {
        tag: tag.to_string(),
    };
    let document = Document {
        repository: repository.to_string(),
        tags: tags.into_iter().map(entry).collect(),
    };
    print_part(move |mut out| {
        serde_json::to_writer_pretty(&mut out, &document)?;
        out.write_all(b"\n")
    })
    .await?;
    Ok(())
}
