//! The report for terminals and logs.

use std::io::{self, Write};

use super::columns::Columns;
use super::{Count, Fate, Report, Run, Summary};
use crate::cleanup::plan::{Action, Step};
use crate::size::human;
use crate::text::printable;

/// How many failures are told one by one.
const FAILURES: usize = 10;

/// How many digits of a digest tell it from the others, as docker shows them.
const SHORT: usize = 12;

/// Writes a block for each repository: what goes by reasons, what stays by rules, totals, and what
/// stood in the way. Lines of the table are not wider than `width` columns.
///
/// # Errors
/// `out` cannot be written to.
pub fn table(report: &Report, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (at, run) in report.runs.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let summary = Summary::of(run, report.dry_run);
        let brand = run.plan.as_ref().map(|plan| printable(&plan.brand));
        let brand = brand.map(|brand| format!(" ({brand})")).unwrap_or_default();
        writeln!(out, "{}{brand}", run.repository)?;
        if run.plan.is_some() {
            let verdict = run.verdict(report.dry_run);
            Columns::new(&summary, width).block(&summary, verdict, out)?;
            writeln!(out, "  {}", total(&summary, report.dry_run))?;
        }
        remarks(run, out)?;
    }
    Ok(())
}

/// Writes a line for each step, in the order of execution: what is done with which image, and why.
///
/// # Errors
/// `out` cannot be written to.
pub fn steps(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for run in &report.runs {
        if report.runs.len() > 1 {
            writeln!(out, "{}", run.repository)?;
        }
        for (step, fate) in run.steps(report.dry_run) {
            writeln!(out, "{}", line(step, fate))?;
        }
    }
    Ok(())
}

fn line(step: &Step, fate: Fate<'_>) -> String {
    let hex = step.digest.hex().get(..SHORT).unwrap_or_default();
    let name = match tags(step).as_str() {
        "" => step.digest.to_string(),
        tags => format!("{tags} ({}:{hex})", step.digest.algorithm().name()),
    };
    let size = step.size.map(|size| format!(", {}", human(size)));
    let (size, reason) = (size.unwrap_or_default(), printable(&step.reason));
    let image = format!("{name}{size}: {reason}");
    match (fate, step.action) {
        (Fate::Planned, Action::Untag) => format!("would untag {image}"),
        (Fate::Planned, Action::Delete) => format!("would delete {image}"),
        (Fate::Done, Action::Untag) => format!("untagged {image}"),
        (Fate::Done, Action::Delete) => format!("deleted {image}"),
        (Fate::Gone, _) => format!("was gone {image}"),
        (Fate::Skipped(why), _) => format!("skipped {image} ({})", printable(why)),
        (Fate::Failed(failure), _) => {
            format!("failed {image} ({})", printable(failure.message()))
        }
        (Fate::NotBegun, _) => format!("not begun {image}"),
    }
}

fn tags(step: &Step) -> String {
    let tags: Vec<&str> = step.tags.iter().map(|tag| tag.as_str()).collect();
    tags.join(" ")
}

/// The numbers of a repository, as a sentence.
pub(super) fn total(summary: &Summary, dry_run: bool) -> String {
    let goes = if dry_run { "would go" } else { "removed" };
    let mut text = format!(
        "{} {goes}, {} stay",
        both(summary.goes),
        both(summary.stays)
    );
    for (count, what) in [
        (summary.failed, "failed"),
        (summary.skipped, "skipped"),
        (summary.not_begun, "not begun"),
    ] {
        match count {
            0 => {}
            1 => text.push_str(&format!(", 1 step {what}")),
            _ => text.push_str(&format!(", {count} steps {what}")),
        }
    }
    if let Some(most) = summary.freed_at_most {
        // Of what stays the size is not known then.
        return format!("{text}; at most {} freed", human(most));
    }
    match (summary.freed, summary.size) {
        (Some(freed), Some(size)) => {
            text.push_str(&format!("; {} of {} freed", human(freed), human(size)));
        }
        (Some(freed), None) => text.push_str(&format!("; {} freed", human(freed))),
        (None, Some(size)) => text.push_str(&format!("; {} before", human(size))),
        (None, None) => {}
    }
    text
}

fn both(count: Count) -> String {
    let of = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let (manifests, tags) = (of(count.manifests, "manifest"), of(count.tags, "tag"));
    format!("{manifests} and {tags}")
}

/// What stood in the way, and what is left to do.
fn remarks(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for (what, failure) in run.stopped() {
        writeln!(out, "  {what}: {}", printable(failure.message()))?;
        if let Some(hint) = failure.hint() {
            writeln!(out, "    hint: {}", printable(hint))?;
        }
    }
    let mut more = 0_usize;
    for (at, (step, failure)) in failures(run).enumerate() {
        if at < FAILURES {
            let name = name(step);
            writeln!(out, "  failed: {name}: {}", printable(failure.message()))?;
        } else {
            more += 1;
        }
    }
    if more > 0 {
        writeln!(out, "  failed: {more} more")?;
    }
    for gap in run.plan.iter().flat_map(|plan| &plan.gaps) {
        writeln!(out, "  unknown: {}", printable(gap))?;
    }
    for note in &run.notes {
        writeln!(out, "  note: {}", printable(note))?;
    }
    Ok(())
}

/// The steps that failed.
pub(super) fn failures(run: &Run) -> impl Iterator<Item = (&Step, &crate::error::Failure)> {
    run.steps(false).filter_map(|(step, fate)| match fate {
        Fate::Failed(failure) => Some((step, failure)),
        _ => None,
    })
}

/// The tags of what a step is about, or else its digest.
pub(super) fn name(step: &Step) -> String {
    match tags(step).as_str() {
        "" => step.digest.to_string(),
        tags => tags.to_owned(),
    }
}
