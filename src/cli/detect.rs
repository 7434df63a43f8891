//! `detect`: which job is this.

use serde_json::{Value, json};

use super::print;
use super::which_job::Found;
use crate::ci::describe;
use crate::env::Env;
use crate::error::Failure;
use crate::report::Report;

/// Say which CI system runs this job, how that was found, and what the job is.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside detect
  dockside detect gitlab --output json")]
pub struct Args {
    /// The CI system (default: found from the environment)
    #[arg(value_name = "SYSTEM")]
    system: Option<String>,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

/// Prints what was found.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
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
