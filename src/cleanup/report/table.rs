//! The report for terminals and logs.

use std::io::{self, Write};

use super::{Count, Fate, Group, Report, Run, Summary};
use crate::cleanup::plan::{Action, Step};
use crate::size::human;
use crate::text::printable;

/// The columns of numbers, each with the space before it: manifests, tags, bytes.
const NUMBERS: usize = 11 + 8 + 10;

/// The narrowest column of reasons and rules that can be read.
const MIN_WHY: usize = 12;

/// The fewest columns that names are worth.
const MIN_NAMES: usize = 12;

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

/// How wide the columns are.
struct Columns {
    why: usize,
    names: usize,
}

impl Columns {
    fn new(summary: &Summary, width: usize) -> Self {
        let groups = summary.reasons.iter().chain(&summary.rules);
        let longest = groups.map(|group| printable(&group.why).chars().count());
        let longest = longest.max().unwrap_or_default();
        // An indent of two levels stands before the first column.
        let room = width.saturating_sub(4 + NUMBERS).max(MIN_WHY);
        let why = longest.clamp(MIN_WHY, room);
        let names = room.saturating_sub(why + 2);
        Self {
            why,
            names: if names < MIN_NAMES { 0 } else { names },
        }
    }

    fn block(&self, summary: &Summary, goes: &str, out: &mut dyn Write) -> io::Result<()> {
        let why = self.why + 2;
        writeln!(
            out,
            "  {goes:<why$}{:>11}{:>8}{:>10}",
            "manifests", "tags", "bytes"
        )?;
        for group in &summary.reasons {
            self.row(group, out)?;
        }
        if summary.reasons.is_empty() {
            writeln!(out, "    nothing")?;
        }
        if !summary.rules.is_empty() {
            writeln!(out, "  stays")?;
        }
        for group in &summary.rules {
            self.row(group, out)?;
        }
        Ok(())
    }

    fn row(&self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        let Count {
            manifests, tags, ..
        } = group.count;
        let (why, width) = (cut(&printable(&group.why), self.why), self.why);
        let names = match self.names {
            0 => String::new(),
            room => names(group, room),
        };
        let bytes = group.count.size();
        let row = format!("    {why:<width$}{manifests:>11}{tags:>8}{bytes:>10}  {names}");
        writeln!(out, "{}", row.trim_end())
    }
}

/// As many names as there is room for, and how many there are beyond them.
fn names(group: &Group, room: usize) -> String {
    let mut text = String::new();
    for (shown, name) in group.names.iter().enumerate() {
        let before = if shown == 0 { "" } else { ", " };
        let left = group.count.tags.saturating_sub(shown as u64 + 1);
        let after = if left == 0 { 0 } else { ", ...".len() };
        let length = text.chars().count() + before.len() + name.chars().count();
        if length + after > room {
            let rest = if shown == 0 { "..." } else { ", ..." };
            return text + rest;
        }
        text.push_str(before);
        text.push_str(name);
    }
    if group.count.tags > group.names.len() as u64 {
        text.push_str(", ...");
    }
    text
}

/// Text of at most so many characters.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let begin: String = text.chars().take(room.saturating_sub(3)).collect();
    begin + "..."
}

#[cfg(test)]
mod tests {
    use super::{Count, Group, cut, names};

    #[test]
    fn names_fit_into_their_column() {
        let group = Group {
            why: String::new(),
            count: Count {
                tags: 9,
                ..Count::default()
            },
            names: vec!["v1".to_owned(), "v2".to_owned(), "a-long-name".to_owned()],
        };
        assert_eq!(names(&group, 40), "v1, v2, a-long-name, ...");
        assert_eq!(names(&group, 23), "v1, v2, ...");
        assert_eq!(names(&group, 5), "...");
        let all = Group {
            count: Count {
                tags: 3,
                ..Count::default()
            },
            ..group
        };
        assert_eq!(names(&all, 19), "v1, v2, a-long-name");
        assert_eq!(names(&all, 18), "v1, v2, ...");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cut("exact", 5), "exact");
        assert_eq!(cut("longer", 5), "lo...");
    }
}
