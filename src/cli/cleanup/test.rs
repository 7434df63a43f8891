//! `cleanup test`: tries a policy on repositories that are written down.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use crate::cleanup::Graph;
use crate::cleanup::policy::Policy;
use crate::cleanup::policy::cases::{Cases, Inventory, Outcome};
use crate::cli::print;
use crate::error::{Exit, Explain, Failure};
use crate::text::printable;

/// Try a policy on repositories that are written down, or were recorded
///
/// A file names the policy and its cases: each has a repository (written down, or recorded by
/// `dockside cleanup --inventory`), the time, and which tags have to stay and to go. Nothing is
/// asked of any registry, cluster or git repository. A case that does not go as expected makes the
/// exit code 1.
///
/// JSON is one document: {"cases": [...]}, for each "name", "mistakes" and "warnings".
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside cleanup test dockside-cases.yaml
  dockside cleanup test dockside-cases.yaml --output json")]
pub(super) struct Args {
    /// The files of cases
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

/// Why a case could not be tried, or did not go as expected.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{}: {}", .0.display(), printable(.1))]
    Record(PathBuf, String),
    #[error("{failed} of {all} cases went otherwise")]
    Failed { failed: usize, all: usize },
    #[error("the outcome cannot be written")]
    Unwritten(#[from] serde_json::Error),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Record(..) => Exit::Usage,
            Self::Read(..) | Self::Failed { .. } | Self::Unwritten(_) => Exit::Failed,
        }
    }
}

/// Tries it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut outcomes = Vec::new();
    for file in &args.files {
        outcomes.extend(outcomes_of(file)?);
    }
    let text = match args.output == "json" {
        true => json(&outcomes)?,
        false => outcomes.iter().map(lines).collect(),
    };
    print(text.as_bytes())?;
    let failed = outcomes.iter().filter(|one| !one.mistakes.is_empty());
    match failed.count() {
        0 => Ok(()),
        failed => Err(Error::Failed {
            failed,
            all: outcomes.len(),
        }
        .into()),
    }
}

fn outcomes_of(file: &Path) -> Result<Vec<Outcome>, Failure> {
    let cases = Cases::load(file)?;
    let policy = Policy::load(&cases.policy)?;
    // Several cases may be about one record at different times.
    let mut recorded: HashMap<&Path, Graph> = HashMap::new();
    let mut outcomes = Vec::new();
    for case in &cases.cases {
        outcomes.push(match &case.inventory {
            Inventory::Written(graph) => case.run(&policy, graph),
            Inventory::Recorded(path) => {
                if !recorded.contains_key(path.as_path()) {
                    recorded.insert(path, read(path)?);
                }
                match recorded.get(path.as_path()) {
                    Some(graph) => case.run(&policy, graph),
                    None => continue,
                }
            }
        });
    }
    Ok(outcomes)
}

fn read(path: &Path) -> Result<Graph, Error> {
    let file = File::open(path).map_err(|source| Error::Read(path.to_owned(), source))?;
    Graph::from_recorded(BufReader::new(file))
        .map_err(|bad| Error::Record(path.to_owned(), bad.to_string()))
}

fn json(outcomes: &[Outcome]) -> Result<String, Error> {
    let document = serde_json::json!({ "cases": outcomes });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn lines(outcome: &Outcome) -> String {
    let word = if outcome.mistakes.is_empty() {
        "ok"
    } else {
        "FAILED"
    };
    let mut lines = format!("{word} {}\n", printable(&outcome.name));
    for mistake in &outcome.mistakes {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  {}", printable(mistake.to_string()));
    }
    for warning in &outcome.warnings {
        let _ = writeln!(lines, "  warning: {}", printable(warning.to_string()));
    }
    lines
}
