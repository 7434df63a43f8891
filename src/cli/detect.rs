//! `detect`: which job is this.

use serde_json::{Value, json};

use super::brand_args::BrandArgs;
use super::registry_args::RegistryArgs;
use super::which_job::Found;
use super::{print, runtime};
use crate::auth::exchange_for;
use crate::ci::describe;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Repository;
use crate::registry::{By, Recognised};
use crate::report::Report;

/// Say which CI system runs this job, how that was found, and what the job is; or, with --repo,
/// which brand a registry has, and what shows it
///
/// A brand is found by the registry's host; where that says nothing, by what the registry
/// answers, which is asked once in a job.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside detect
  dockside detect gitlab --output json
  dockside detect --repo registry.example.com/team/app")]
pub struct Args {
    /// The CI system (default: found from the environment)
    #[arg(value_name = "SYSTEM")]
    system: Option<String>,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    /// Say which brand the registry of this repository has
    #[arg(long, value_name = "REPO", conflicts_with = "system")]
    repo: Option<String>,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

/// Prints what was found.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    if let Some(repo) = &args.repo {
        return run_brand(args, repo, env);
    }
    let found = Found::find(args.system.as_deref(), env)?;
    found.note_missing_marker(&Report::default());
    if args.output == "json" {
        let mut description = json!({
            "system": found.system.map(|system| system.name()),
            "marker": found.marker,
        });
        if let (Value::Object(all), Value::Object(job)) =
            (&mut description, describe::json(&found.job))
        {
            all.retain(|_, value| !value.is_null());
            all.extend(job);
        }
        return print(format!("{description:#}\n").as_bytes());
    }
    let system = match (found.system, &found.marker) {
        (None, _) => "none".to_owned(),
        (Some(system), Some(marker)) => format!("{} ({marker})", system.title()),
        (Some(system), None) => format!("{} (named; no marker in the environment)", system.title()),
    };
    print(
        format!(
            "system             {system}\n{}",
            describe::text(&found.job)
        )
        .as_bytes(),
    )
}

/// Prints which brand a registry has.
fn run_brand(args: &Args, repo: &str, env: &Env) -> Result<(), Failure> {
    let repository: Repository = repo.parse()?;
    let registries = args.registries.registries(env);
    runtime::run(&registries, async {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let registry = repository.registry();
        // What is known without a request needs no credential either.
        let recognised = match brands.known(registry)? {
            Some(known) => known,
            None => brands.recognise(&registries.at(&repository)?).await?,
        };
        let Recognised { family, by, .. } = recognised;
        let why = match by {
            By::Name => "named by the user".to_owned(),
            By::Host => format!("by the host {registry}"),
            By::Answer(what) => format!("by its answer: {what}"),
            By::Nothing => "nothing in its answer says more".to_owned(),
            By::Unclear(status) => format!("not known: it answers GET /v2/ with {status}"),
        };
        let exchange = exchange_for(registry, registries.context());
        let identity = exchange.and_then(|one| one.is_ready(registry, registries.context()));
        if args.output == "json" {
            let mut description = json!({
                "repository": repository.to_string(),
                "registry": registry,
                "brand": family.name(),
                "title": family.title(),
                "why": why,
                "identity": identity,
            });
            if let Value::Object(all) = &mut description {
                all.retain(|_, value| !value.is_null());
            }
            return print(format!("{description:#}\n").as_bytes());
        }
        let mut text = format!(
            "repository         {repository}\nregistry           {registry}\n\
             brand              {} ({})\nwhy                {why}\n",
            family.name(),
            family.title(),
        );
        if let Some(identity) = identity {
            text.push_str(&format!("identity           {identity}\n"));
        }
        print(text.as_bytes())
    })
}
