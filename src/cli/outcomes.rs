//! What became of several things that a command was asked to do.

use std::fmt::Write as _;

use serde::Serialize;

use super::stdout::print;
use crate::error::{Exit, Explain, Failure};
use crate::report::Report;

/// What was done and what was not, in order.
pub(super) struct Outcomes {
    report: Report,
    json: bool,
    results: Vec<Done>,
    failures: Vec<Failure>,
}

/// One line of output, or one object.
#[derive(Serialize)]
struct Done {
    result: &'static str,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The document of `--output json`.
#[derive(Serialize)]
struct Document<'a> {
    results: &'a [Done],
}

/// Not all of it was done; each failure has been reported already.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.0 == Exit::Partly { "the rest was done" } else { "nothing was done" })]
struct Incomplete(Exit);

impl Explain for Incomplete {
    fn exit(&self) -> Exit {
        self.0
    }
}

/// A step that was not begun because of a signal.
#[derive(Debug, thiserror::Error)]
#[error("{0} was not begun: the process was told to stop")]
pub(super) struct NotBegun(pub(super) String);

impl Explain for NotBegun {}

impl Outcomes {
    /// Nothing has been done. Results are printed as lines, or as `json`.
    pub(super) fn new(report: Report, json: bool) -> Self {
        Self {
            report,
            json,
            results: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// `result`, a past participle, was done to `reference`.
    pub(super) fn done(&mut self, result: &'static str, reference: impl ToString) {
        self.results.push(Done {
            result,
            reference: reference.to_string(),
            error: None,
        });
    }

    /// There was nothing to do, since `reference` is not there.
    pub(super) fn gone(&mut self, reference: impl ToString) {
        let reference = reference.to_string();
        self.report.note(format!("{reference} is already gone"));
        self.done(GONE, reference);
    }

    /// Something could not be done.
    pub(super) fn failed(&mut self, reference: impl ToString, failure: Failure) {
        let refused = failure.exit() == Exit::Refused;
        self.results.push(Done {
            result: if refused { "refused" } else { "failed" },
            reference: reference.to_string(),
            error: Some(failure.message()),
        });
        self.failures.push(failure);
    }

    /// Prints what was done.
    ///
    /// # Errors
    /// Not everything was done: with the exit code of the failures if nothing was, and if they
    /// agree; with 5 if something was.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.print()?;
        let Some(last) = self.failures.pop() else {
            return Ok(());
        };
        if self.results.len() == 1 {
            return Err(last);
        }
        let failed = self.failures.len() + 1;
        let agreed = self.failures.iter().all(|one| one.exit() == last.exit());
        let exit = match (failed == self.results.len(), agreed) {
            (true, true) => last.exit(),
            (true, false) => Exit::Failed,
            (false, _) => Exit::Partly,
        };
        for failure in self.failures.iter().chain([&last]) {
            self.report.failure(failure);
        }
        Err(Incomplete(exit).into())
    }

    fn print(&self) -> Result<(), Failure> {
        if self.json {
            let document = Document {
                results: &self.results,
            };
            let mut text = serde_json::to_string_pretty(&document).map_err(Unprintable)?;
            text.push('\n');
            return print(text.as_bytes());
        }
        let mut lines = String::new();
        for done in &self.results {
            if done.error.is_none() && done.result != GONE {
                // Writing to a string does not fail.
                let _ = writeln!(lines, "{} {}", done.result, done.reference);
            }
        }
        print(lines.as_bytes())
    }
}

/// In lines this is a note on standard error.
const GONE: &str = "gone";

#[derive(Debug, thiserror::Error)]
#[error("the results cannot be written as JSON")]
struct Unprintable(#[source] serde_json::Error);

impl Explain for Unprintable {}
