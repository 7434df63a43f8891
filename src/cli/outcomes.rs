//! What became of several things that a command was asked to do.

use std::fmt::Write as _;

use super::record::{self, Record};
use super::stdout::print;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Reference};
use crate::report::Report;

/// What was done and what was not, in order.
pub(super) struct Outcomes {
    report: Report,
    json: bool,
    /// For people: what was done, a line each.
    lines: String,
    records: Vec<Record>,
    failures: Vec<Failure>,
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
            lines: String::new(),
            records: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Something was done; its outcome is a past participle.
    pub(super) fn done(&mut self, record: Record) {
        self.line(record.outcome, &record.target);
        self.records.push(record);
    }

    /// What a dry run would do, as a verb.
    pub(super) fn planned(&mut self, verb: &str, record: Record) {
        self.line(&format!("would {verb}"), &record.target);
        self.records.push(record);
    }

    /// There was nothing to do, since `target` is not there. In lines this is a note on standard
    /// error.
    pub(super) fn gone(&mut self, target: impl ToString) {
        let record = Record::new(target, "gone");
        self.report
            .note(format!("{} is already gone", record.target));
        self.records.push(record);
    }

    /// Something that is no line of output: the report has it already.
    pub(super) fn quietly(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Something could not be done.
    pub(super) fn failed(&mut self, target: impl ToString, failure: Failure) {
        self.records.push(Record::failed(target, &failure));
        self.failures.push(failure);
    }

    /// One manifest could not be changed, which was named by these references.
    pub(super) fn failed_at(&mut self, asked: Vec<Reference>, digest: &Digest, failure: Failure) {
        let records = asked.into_iter();
        let records = records.map(|one| Record::failed(one, &failure).at(digest));
        self.records.extend(records);
        self.failures.push(failure);
    }

    fn line(&mut self, what: &str, target: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.lines, "{what} {target}");
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
        let failed = self.records.iter().filter(|one| one.error.is_some());
        let failed = failed.count();
        if failed == self.records.len() && self.failures.is_empty() {
            return Err(last);
        }
        let agreed = self.failures.iter().all(|one| one.exit() == last.exit());
        let exit = match (failed == self.records.len(), agreed) {
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
        if !self.json {
            return print(self.lines.as_bytes());
        }
        let mut text = String::new();
        for (before, record) in self.records.iter().enumerate() {
            text.push_str(&record.json(before == 0));
        }
        text.push_str(record::end(self.records.is_empty()));
        print(text.as_bytes())
    }
}
