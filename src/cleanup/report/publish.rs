//! The report on the page of the CI job.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Report, markdown};
use crate::ci::{self, Summary};
use crate::env::Env;
use crate::report;
use crate::subprocess::{Fault, run};

/// How long Buildkite's agent may take for a request to its own API.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than the agent has to say.
const OUTPUT: u64 = 64 << 10;

/// Shows the report on the job's page, where the CI system has one for that. A report that cannot
/// be shown is a note: what it tells of is done.
pub fn publish(report: &Report, env: &Env, say: &report::Report) {
    let Some((system, _)) = ci::detect(env) else {
        return;
    };
    let published = match system.summary(env) {
        None => return,
        Some(Summary::StepFile(path)) => append(report, &path),
        Some(Summary::Upload(directory)) => upload(report, &directory, say),
        Some(Summary::Annotation) => annotate(report),
    };
    if let Err(error) = published {
        let title = system.title();
        say.note(format!("the report is not on {title}'s page: {error}"));
    }
}

/// What is there already counts towards the limit of the step.
fn append(report: &Report, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let before = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let text = markdown(report, Summary::LIMIT.saturating_sub(before));
    file.write_all(text.as_bytes())
}

/// The agent reads the file after the command, and removes the directory when the job is over.
fn upload(report: &Report, directory: &Path, say: &report::Report) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix("dockside-")
        .suffix(".md")
        .tempfile_in(directory)?;
    file.write_all(markdown(report, Summary::LIMIT).as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    let path = path.canonicalize()?;
    // A command ends with its line, and `%` begins an escape.
    let shown = path.to_str().filter(|path| !path.contains(['\n', '\r']));
    let shown = shown.ok_or_else(|| io::Error::other("the directory's name fits no command"))?;
    let shown = shown.replace('%', "%AZP25");
    say.commands(format!("##vso[task.uploadsummary]{shown}\n").as_bytes());
    Ok(())
}

/// The context makes a second report of a build take the place of the first, instead of standing
/// beside it.
fn annotate(report: &Report) -> io::Result<()> {
    let mut agent = Command::new("buildkite-agent");
    let context = format!("dockside-{}", report.command.name());
    agent.args(["annotate", "--style", "info", "--context", &context]);
    let text = markdown(report, Summary::LIMIT).into_bytes();
    match run(agent, text, PATIENCE, OUTPUT) {
        Ok(ended) if ended.status.success() => Ok(()),
        Ok(ended) => {
            let said = String::from_utf8_lossy(&ended.stderr);
            Err(io::Error::other(format!(
                "buildkite-agent failed: {}",
                said.trim()
            )))
        }
        Err(Fault::Start(error)) => Err(io::Error::new(
            error.kind(),
            format!("buildkite-agent cannot be run: {error}"),
        )),
        Err(Fault::TimedOut) => Err(io::Error::other("buildkite-agent does not end")),
        Err(Fault::TooMuch) => Err(io::Error::other("buildkite-agent says too much")),
    }
}
