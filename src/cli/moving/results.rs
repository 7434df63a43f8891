//! What became of each target: on standard output, on standard error, and as an exit code.

use std::time::Duration;

use serde_json::{Value, json};

use super::args::{Form, MoveArgs};
use super::counts::Counts;
use super::digest_file;
use crate::cli::print;
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
        let object = json!({
            "source": from.to_string(),
            "target": to.to_string(),
            "outcome": "planned",
        });
        let text = printable(format!("{from} {to}"));
        self.say(text, object)?;
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
        let mut object = json!({
            "source": from.to_string(),
            "target": target.to_string(),
            "digest": digest.to_string(),
            "outcome": outcome_name,
            "bytes": bytes,
        });
        if let (Some(whole), Value::Object(object)) = (narrowed_from, &mut object) {
            object.insert("narrowed_from".to_owned(), whole.to_string().into());
        }
        let text = printable(format!("{target} {digest} {outcome_name}"));
        self.say(text, object)?;
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
            let mut object = json!({
                "source": source,
                "target": target,
                "outcome": "failed",
                "error": failure.message(),
            });
            if let (Some(hint), Value::Object(object)) = (failure.hint(), &mut object) {
                object.insert("hint".to_owned(), hint.into());
            }
            self.say(String::new(), object)?;
        }
        let exit = failure.exit();
        let agreed = self.counts.failed == 0 || self.exit == Some(exit);
        self.exit = agreed.then_some(exit);
        self.counts.failed += 1;
        self.failure = Some(failure);
        Ok(())
    }

    /// Prints one result. A list of objects has an object a line.
    fn say(&self, text: String, object: Value) -> Result<(), Failure> {
        match self.args.output {
            Form::Text => print(format!("{text}\n").as_bytes()),
            Form::Json => {
                let before = if self.counts.all() == 0 { "[\n" } else { ",\n" };
                print(format!("{before}{object}").as_bytes())
            }
        }
    }

    fn say_failure(&mut self) {
        if let Some(failure) = self.failure.take() {
            self.report.failure(&failure);
        }
    }

    /// Ends the list of objects, which may have stopped anywhere.
    pub(super) fn end(&self) -> Result<(), Failure> {
        match (self.args.output, self.counts.all()) {
            (Form::Text, _) => Ok(()),
            (Form::Json, 0) => print(b"[]\n"),
            (Form::Json, _) => print(b"\n]\n"),
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
