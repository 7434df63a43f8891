//! `repository create`.

use super::Common;
use crate::cli::outcomes::Outcomes;
use crate::cli::record::Record;
use crate::cli::runtime;
use crate::env::Env;
use crate::error::Failure;
use crate::registry::Created;

/// Create repositories where a push does not
///
/// One that is there already is left as it is. Where the first push makes the repository there is
/// nothing to do, and that is said.
///
/// JSON is one document: {"results": [...]}, for each repository "target", "outcome" (created,
/// unchanged, by-push or failed), "reason", "error" and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside repository create 123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app
  dockside repository create docker.io/acme/app --output json")]
pub(super) struct Args {
    #[command(flatten)]
    common: Common,
}

/// Creates them.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let common = &args.common;
    let wanted = common.repositories()?;
    let registries = common.registries.registries(env);
    runtime::run(&registries, async {
        let brands = common.brand.brands(&common.registries, &registries, env)?;
        let report = common.registries.report();
        let mut outcomes = Outcomes::new(report, common.output == "json");
        for repository in wanted {
            let create = async { Ok(brands.at(&repository).await?.create().await?) };
            match create.await {
                Ok(Created::Made) => outcomes.done(Record::new(&repository, "created")),
                Ok(Created::Existed) => outcomes.done(Record::new(&repository, "unchanged")),
                Ok(Created::ByPush) => {
                    report.note(format!("{repository} is made by the first push"));
                    outcomes.quietly(Record::new(&repository, "by-push"));
                }
                Err(failure) => outcomes.failed(&repository, failure),
            }
        }
        outcomes.finish()
    })
}
