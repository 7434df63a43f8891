//! The rows of the page's table, as data for its script.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::super::{Fate, Report, Run, kept_why};
use super::{embedded, escape};
use crate::cleanup::plan::Action;
use crate::oci::{Digest, Tag};
use crate::text::printable;

/// How many rows a page has: what a browser still searches while somebody types.
const ROWS: usize = 200_000;

/// A row: repository, tags, digest, what becomes of it, why (a place among the reasons), bytes,
/// seconds since 1970.
#[derive(Serialize)]
struct Row<'a>(
    usize,
    String,
    &'a Digest,
    &'static str,
    usize,
    Option<u64>,
    Option<i64>,
);

/// Writes `{"repositories": [...], "rows": [...], "reasons": [...]}`, row by row. What goes stands
/// before what stays.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = report
        .runs
        .iter()
        .map(|run| run.repository.to_string())
        .collect();
    write!(out, "{{\"repositories\":{},\"rows\":[", embedded(&names)?)?;
    let mut reasons = Reasons::default();
    let steps = report.runs.iter().enumerate().flat_map(|(at, run)| {
        run.steps(report.dry_run)
            .map(move |(step, fate)| (at, step, fate))
    });
    let goes = steps.map(|(at, step, fate)| {
        let word = word(fate, step.action);
        let why = match fate {
            Fate::Skipped(why) => format!("{}; {why}", step.reason),
            Fate::Failed(failure) => format!("{}; {}", step.reason, failure.message()),
            _ => step.reason.clone(),
        };
        (
            at,
            &step.tags,
            &step.digest,
            word,
            why,
            step.size,
            step.created,
        )
    });
    let kept = report.runs.iter().enumerate().flat_map(kept_of);
    let stays = kept.map(|(at, kept)| {
        let why = kept_why(kept);
        (
            at,
            &kept.tags,
            &kept.digest,
            "kept",
            why,
            kept.size,
            kept.created,
        )
    });
    let all = goes.chain(stays).take(ROWS);
    for (count, (at, tags, digest, word, why, size, created)) in all.enumerate() {
        let created = created.map(|time| time.as_second());
        let row = Row(
            at,
            names_of(tags),
            digest,
            word,
            reasons.place(&why),
            size,
            created,
        );
        let before = if count == 0 { "\n" } else { ",\n" };
        write!(out, "{before}{}", embedded(&row)?)?;
    }
    write!(out, "],\"reasons\":{}}}", embedded(&reasons.texts)?)
}

/// Says how many rows there are beyond those of the page.
pub(super) fn left_out(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows: usize = report
        .runs
        .iter()
        .filter_map(|run| run.plan.as_ref())
        .map(|plan| plan.steps.len() + plan.kept.len())
        .sum();
    match rows.checked_sub(ROWS + 1) {
        None => Ok(()),
        Some(more) => {
            let text = format!("{} more are in the JSON report only.", more + 1);
            write!(out, "<p>{}</p>", escape(&text))
        }
    }
}

fn kept_of((at, run): (usize, &Run)) -> impl Iterator<Item = (usize, &crate::cleanup::plan::Kept)> {
    let kept = run.plan.iter().flat_map(|plan| &plan.kept);
    kept.map(move |kept| (at, kept))
}

fn names_of(tags: &[Tag]) -> String {
    let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    tags.join(" ")
}

fn word(fate: Fate<'_>, action: Action) -> &'static str {
    match (fate, action) {
        (Fate::Planned, Action::Untag) => "would be untagged",
        (Fate::Planned, Action::Delete) => "would be deleted",
        (Fate::Done, Action::Untag) => "untagged",
        (Fate::Done, Action::Delete) => "deleted",
        (Fate::Gone, _) => "was gone",
        (Fate::Skipped(_), _) => "skipped",
        (Fate::Failed(_), _) => "failed",
        (Fate::NotBegun, _) => "not begun",
    }
}

/// Reasons are few, and rows are many.
#[derive(Default)]
struct Reasons {
    texts: Vec<String>,
    places: HashMap<String, usize>,
}

impl Reasons {
    fn place(&mut self, why: &str) -> usize {
        if let Some(place) = self.places.get(why) {
            return *place;
        }
        let place = self.texts.len();
        self.texts.push(printable(why));
        self.places.insert(why.to_owned(), place);
        place
    }
}
