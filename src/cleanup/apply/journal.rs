//! What was done of a plan, beside it: one JSON document a line, added and written to the disk
//! before the next request depends on it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::Fault;
use crate::cleanup::plan::Plan;
use crate::oci::{Digest, Tag};

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// The first one: the digest of the plan.
    Plan(Digest),
    /// These tags are being moved to a dummy, which then goes; what each named before.
    Move {
        /// The dummy.
        dummy: Digest,
        /// The tags.
        tags: BTreeMap<Tag, Digest>,
    },
    /// A dummy is gone, or all tags name again what they named.
    Moved(Digest),
    /// A step is done; whether there was something to do.
    Step(usize, bool),
    /// What a step has removed is there again, or should be.
    Back(usize),
    /// A run came to its end: what it left a new plan would have, too.
    End,
}

/// Whether a journal says that nothing of a plan is left to go on with: its last run came to its
/// end. A plan without a journal was not begun.
///
/// # Errors
/// The journal cannot be read, is damaged, or another plan's.
pub fn is_over(journal: &Path, plan: &Plan) -> Result<bool, Fault> {
    if plan.steps.is_empty() {
        return Ok(true);
    }
    let text = match std::fs::read(journal) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(source) => {
            return Err(Fault::File {
                path: journal.to_owned(),
                source,
            });
        }
    };
    let lines = lines(&text, journal, &digest(plan))?;
    Ok(lines.last() == Some(&Line::End))
}

/// The lines of a journal, which is of this plan. A torn last line is what a kill leaves, and is
/// left out.
fn lines(text: &[u8], path: &Path, plan: &Digest) -> Result<Vec<Line>, Fault> {
    let (text, _torn) = text.split_at(whole(text));
    let mut lines = Vec::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let line: Line = serde_json::from_slice(line).map_err(|_| Fault::Damaged {
            path: path.to_owned(),
            line: at + 1,
        })?;
        if matches!(&line, Line::Plan(other) if other != plan) {
            return Err(Fault::OtherPlan(path.to_owned()));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// How many bytes whole lines have.
fn whole(text: &[u8]) -> usize {
    let end = text.iter().rposition(|byte| *byte == b'\n');
    end.map_or(0, |end| end + 1)
}

/// The journal of a plan, if there is to be one.
#[derive(Debug, Default)]
pub(super) struct Journal {
    file: Option<(PathBuf, File)>,
    /// Lines that are not on the disk yet.
    pending: Vec<u8>,
    /// Steps that were done before; whether there was something to do.
    pub done: HashMap<usize, bool>,
    /// Moves that were begun before and did not come to their end.
    pub moves: Vec<(Digest, BTreeMap<Tag, Digest>)>,
}

impl Journal {
    /// Reads a journal, or begins one.
    pub(super) fn open(path: Option<&Path>, plan: &Plan) -> Result<Self, Fault> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let failed = |source| Fault::File {
            path: path.to_owned(),
            source,
        };
        let mut options = File::options();
        let opened = options.read(true).append(true).create(true).open(path);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(failed(ErrorKind::ResourceBusy.into()));
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let whole = whole(&text);
        file.set_len(whole as u64).map_err(failed)?;
        let mut journal = Self::default();
        let plan = digest(plan);
        for line in lines(&text, path, &plan)? {
            match line {
                Line::Plan(_) | Line::End => {}
                Line::Move { dummy, tags } => journal.moves.push((dummy, tags)),
                Line::Moved(dummy) => journal.moves.retain(|(one, _)| *one != dummy),
                Line::Step(step, done) => {
                    journal.done.insert(step, done);
                }
                Line::Back(step) => {
                    journal.done.remove(&step);
                }
            }
        }
        journal.file = Some((path.to_owned(), file));
        if whole == 0 {
            journal.note(&Line::Plan(plan));
            journal.flush()?;
        }
        Ok(journal)
    }

    /// Adds a line, which is written with the next [`Self::flush`].
    pub(super) fn note(&mut self, line: &Line) {
        if self.file.is_some()
            && let Ok(text) = serde_json::to_vec(line)
        {
            self.pending.extend(text);
            self.pending.push(b'\n');
        }
    }

    /// Writes what was noted to the disk.
    pub(super) fn flush(&mut self) -> Result<(), Fault> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let written = file.write_all(&pending).and_then(|()| file.sync_data());
        written.map_err(|source| Fault::File {
            path: path.clone(),
            source,
        })
    }

    /// The steps that a resumed run leaves out.
    pub(super) fn skips(&self, resume: bool) -> HashSet<usize> {
        match resume {
            true => self.done.keys().copied().collect(),
            false => HashSet::new(),
        }
    }
}

/// The digest of a plan.
fn digest(plan: &Plan) -> Digest {
    Digest::of(&serde_json::to_vec(plan).unwrap_or_default())
}
