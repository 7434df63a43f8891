//! `cleanup explain`: why an image stays or goes.

use std::path::PathBuf;

use super::choice::ChoiceArgs;
use super::session::Planner;
use super::sources::{GitArgs, InUseArgs, Rules};
use crate::cleanup::policy::{Explanation, explain};
use crate::cli::brand_args::BrandArgs;
use crate::cli::progress::{Mode, watch_cleanup, watched};
use crate::cli::registry_args::RegistryArgs;
use crate::cli::{print, runtime};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Reference, Target};
use crate::text::printable;

/// Say which rules keep an image, and why the others do not
///
/// The repository is looked at as a cleanup looks at it. JSON is one document: "target", "digest",
/// "tags", "verdict" (kept, needed, left, unknown or goes), of a tag also that of its "manifest",
/// "kept_by" and "not_kept_by" ("rule" and "what" of each), and "needed_by".
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside cleanup explain registry.example.com/app:v1 --policy dockside.yaml
  dockside cleanup explain registry.example.com/app@sha256:... --keep-last 10 --output json")]
pub(super) struct Args {
    /// The image: REGISTRY/REPO:TAG or REGISTRY/REPO@DIGEST
    #[arg(value_name = "REF")]
    reference: String,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    /// Keep manifests and configs here from run to run, so that each is read once
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,

    /// What is shown of the progress
    #[arg(long, value_name = "MODE", default_value = "auto")]
    progress: Mode,

    #[command(flatten)]
    choice: ChoiceArgs,

    #[command(flatten)]
    git: GitArgs,

    #[command(flatten)]
    in_use: InUseArgs,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// An image that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not in the repository")]
struct Absent(Reference);

impl Explain for Absent {}

/// What could not be said as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the explanation cannot be written")]
struct Unwritten(#[from] serde_json::Error);

impl Explain for Unwritten {
    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// Explains.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let said = args.registries.report();
    let reference: Reference = args.reference.parse()?;
    let policy = args.choice.policy(env, said)?;
    let registries = args.registries.registries(env);
    let progress = watch_cleanup(args.progress, said, args.registries.is_verbose(), env);
    let work = async {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let rules = Rules::find(&policy, &args.git, &args.in_use, &registries, env).await?;
        let mut planner = Planner::new(&brands, said, args.registries.jobs(), &policy, &rules);
        planner.cache.clone_from(&args.cache_dir);
        planner.progress = &*progress;
        let (graph, evaluation) = planner.settle(&reference.repository).await?;
        let target: Target = reference.target();
        explain(&graph, &rules.all, &evaluation, planner.now, &target)
            .ok_or_else(|| Failure::from(Absent(reference)))
    };
    let explanation = runtime::run(&registries, watched(&*progress, work));
    progress.finish();
    let explanation = explanation?;
    print(&written(&explanation, args.output == "json")?)
}

fn written(explanation: &Explanation, json: bool) -> Result<Vec<u8>, Unwritten> {
    if json {
        let mut text = serde_json::to_vec_pretty(explanation)?;
        text.push(b'\n');
        return Ok(text);
    }
    let text = explanation.to_string();
    let lines = text.lines().map(|line| printable(line) + "\n");
    Ok(lines.collect::<String>().into_bytes())
}
