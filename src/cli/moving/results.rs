//! What became of each target: on standard output, on standard error, and as an exit code.

use std::time::Duration;

use super::args::{Form, MoveArgs};
use super::counts::Counts;
use super::digest_file;
use crate::cli::print;
use crate::cli::record::{self, PLANNED, Record};
use crate::error::{Exit, Explain, Failure};
use crate::report::Report;
use crate::text::printable;
use crate::transfer::{self, Image, Moved, Outcome, Place};

/// The results so far.
pub(super) struct Results<'a> {
    args: &'a MoveArgs,
    report: Report,
    counts: Counts,
    /// Distinct digests in order, if they are asked for.
    digests: Vec<String>,
    /// The last failure; it is said when there is another result, else it is the command's own.
    failure: Option<Failure>,
    /// How all failures end the process, if they agree.
    exit: Option<Exit>,
}

/// A target that did not get its image.
#[derive(Debug, thiserror::Error)]
#[error("cannot move {source_place} to {target}")]
struct NotMoved {
    source_place: Place,
    target: Place,
    source: transfer::Error,
}

impl Explain for NotMoved {
    fn hint(&self) -> Option<String> {
        self.source.hint()
    }

    fn exit(&self) -> Exit {
        self.source.exit()
    }
}

/// Some or all targets of several did not get their images.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} images were not moved")]
struct Incomplete {
    failed: u64,
    all: u64,
    exit: Exit,
}

impl Explain for Incomplete {
    fn exit(&self) -> Exit {
        self.exit
    }
}

/// An image's source with each of its targets, which is how results are counted.
pub(super) fn pairs(image: &Image) -> impl Iterator<Item = (Place, Place)> {
    let targets = image.targets.iter();
    targets.map(|target| (image.source.clone(), target.clone()))
}

impl<'a> Results<'a> {
    /// None yet.
    pub(super) fn new(args: &'a MoveArgs, report: Report) -> Self {
        Self {
            args,
            report,
            counts: Counts::default(),
            digests: Vec::new(),
            failure: None,
            exit: None,
        }
    }

    /// What a dry run would move.
    pub(super) fn planned(&mut self, (from, to): (Place, Place)) -> Result<(), Failure> {
        let text = printable(format!("{from} {to}"));
        self.say(text, &Record::new(to, PLANNED).from(from))?;
        self.counts.planned += 1;
        Ok(())
    }

    /// What became of a target.
    pub(super) fn moved(
        &mut self,
        (from, to): (Place, Place),
        result: Result<Moved, transfer::Error>,
    ) -> Result<(), Failure> {
        self.say_failure();
        match result {
            Ok(moved) => self.done(&from, moved),
            Err(error) => self.failed(from, to, error),
        }
    }

    fn done(&mut self, from: &Place, moved: Moved) -> Result<(), Failure> {
        let Moved {
            target,
            digest,
            narrowed_from,
            outcome,
            bytes,
        } = moved;
        let outcome_name = name(outcome);
        if let (Some(whole), Some(platform)) = (&narrowed_from, &self.args.platform) {
            self.report.note(format!(
                "{target} has only {platform} of {from}, so its digest changes from {whole} to \
                 {digest}"
            ));
        }
        let text = printable(format!("{target} {digest} {outcome_name}"));
        let record = Record {
            narrowed_from: narrowed_from.map(|whole| whole.to_string()),
            bytes: Some(bytes),
            ..Record::new(target, outcome_name).from(from).at(&digest)
        };
        self.say(text, &record)?;
        self.counts.bytes = self.counts.bytes.saturating_add(bytes);
        match outcome {
            Outcome::Written => self.counts.written += 1,
            Outcome::Unchanged => self.counts.unchanged += 1,
            Outcome::Kept => self.counts.kept += 1,
        }
        let digest = digest.to_string();
        if self.args.digest_file.is_some() && !self.digests.contains(&digest) {
            self.digests.push(digest);
        }
        Ok(())
    }

    fn failed(&mut self, from: Place, to: Place, error: transfer::Error) -> Result<(), Failure> {
        let (source, target) = (from.to_string(), to.to_string());
        let failure = Failure::from(NotMoved {
            source_place: from,
            target: to,
            source: error,
        });
        if self.args.output == Form::Json {
            let record = Record::failed(target, &failure).from(source);
            self.say(String::new(), &record)?;
        }
        let exit = failure.exit();
        let agreed = self.counts.failed == 0 || self.exit == Some(exit);
        self.exit = agreed.then_some(exit);
        self.counts.failed += 1;
        self.failure = Some(failure);
        Ok(())
    }

    /// Prints one result.
    fn say(&self, text: String, record: &Record) -> Result<(), Failure> {
        match self.args.output {
            Form::Text => print(format!("{text}\n").as_bytes()),
            Form::Json => print(record.json(self.counts.all() == 0).as_bytes()),
        }
    }

    fn say_failure(&mut self) {
        if let Some(failure) = self.failure.take() {
            self.report.failure(&failure);
        }
    }

    /// Ends the document, which may have stopped anywhere.
    pub(super) fn end(&self) -> Result<(), Failure> {
        match self.args.output {
            Form::Text => Ok(()),
            Form::Json => print(record::end(self.counts.all() == 0).as_bytes()),
        }
    }

    /// Says how it went, in a line.
    pub(super) fn summary(&self, time: Duration) {
        self.report.tell(self.counts.summary(time));
    }

    /// How the command ends.
    pub(super) fn outcome(mut self) -> Result<(), Failure> {
        let (failed, all) = (self.counts.failed, self.counts.all());
        match (failed, &self.args.digest_file) {
            (0, Some(file)) => return digest_file::write(file, &self.digests),
            (0, None) => return Ok(()),
            _ => {}
        }
        match self.failure.take() {
            Some(failure) if all == 1 => Err(failure),
            last => {
                self.failure = last;
                self.say_failure();
                let exit = if failed < all {
                    Exit::Partly
                } else {
                    self.exit.unwrap_or(Exit::Failed)
                };
                Err(Incomplete { failed, all, exit }.into())
            }
        }
    }
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Written => "written",
        Outcome::Unchanged => "unchanged",
        Outcome::Kept => "kept",
    }
}
