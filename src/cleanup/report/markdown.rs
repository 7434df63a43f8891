//! The report for job summaries: GitHub's Markdown, which the others read as well.

use super::table::{failures, name, total};
use super::{Group, Report, Run, Summary};
use crate::text::printable;

/// How many repositories, groups, failures or gaps a list has before it is cut: a page that is
/// read.
const ROWS: usize = 50;

/// The report in at most `limit` bytes: whole blocks of repositories, and a line that says how many
/// are missing.
pub fn markdown(report: &Report, limit: usize) -> String {
    let dry = if report.dry_run { " (dry run)" } else { "" };
    let mut text = format!("## dockside {}{dry}\n\n", report.command.name());
    if text.len() > limit {
        return String::new();
    }
    let blocks = report.runs.iter().map(|run| block(run, report.dry_run));
    for (written, block) in blocks.enumerate() {
        let missing = report.runs.len() - written;
        let cut = format!("*{missing} more repositories do not fit in here.*\n");
        let is_last = missing == 1;
        let room = limit.saturating_sub(if is_last { 0 } else { cut.len() });
        if text.len() + block.len() > room {
            if text.len() + cut.len() <= limit {
                text.push_str(&cut);
            }
            break;
        }
        text.push_str(&block);
    }
    text
}

fn block(run: &Run, dry_run: bool) -> String {
    let mut text = format!("### {}\n\n", escape(&run.repository.to_string()));
    if let Some(plan) = &run.plan {
        let summary = Summary::of(run, dry_run);
        text.push_str(&format!("{}.\n\n", total(&summary, dry_run)));
        groups(&mut text, run.verdict(dry_run), &summary.reasons);
        groups(&mut text, "stays", &summary.rules);
        let gaps = plan.gaps.iter();
        list(&mut text, "Unknown", gaps.map(|gap| escape(gap)));
    }
    let stopped = run.stopped().map(|(what, failure)| {
        let hint = failure.hint();
        let hint = hint.map(|hint| format!(" Hint: {}.", escape(&hint)));
        let message = escape(&failure.message());
        format!("**{what}**: {message}.{}", hint.unwrap_or_default())
    });
    list(&mut text, "Not done", stopped);
    let failed = failures(run).map(|(step, failure)| {
        let (name, message) = (escape(&name(step)), escape(&failure.message()));
        format!("{name}: {message}")
    });
    list(&mut text, "Failed", failed);
    list(
        &mut text,
        "Notes",
        run.notes.iter().map(|note| escape(note)),
    );
    text
}

fn groups(text: &mut String, title: &str, groups: &[Group]) {
    if groups.is_empty() {
        return;
    }
    text.push_str(&format!(
        "| {title} | Manifests | Tags | Bytes | Such as |\n| --- | ---: | ---: | ---: | --- |\n"
    ));
    for group in groups.iter().take(ROWS) {
        let (count, why) = (group.count, escape(&group.why));
        let names: Vec<String> = group.names.iter().map(|name| escape(name)).collect();
        text.push_str(&format!(
            "| {why} | {} | {} | {} | {} |\n",
            count.manifests,
            count.tags,
            count.size(),
            names.join(", ")
        ));
    }
    text.push('\n');
    more(text, groups.len());
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut count = 0;
    for item in items {
        if count == 0 {
            text.push_str(&format!("{title}:\n\n"));
        }
        if count < ROWS {
            text.push_str(&format!("- {item}\n"));
        }
        count += 1;
    }
    if count > 0 {
        text.push('\n');
    }
    more(text, count);
}

fn more(text: &mut String, count: usize) {
    if let Some(more) = count.checked_sub(ROWS + 1) {
        text.push_str(&format!("*{} more.*\n\n", more + 1));
    }
}

/// Text that Markdown shows as it is: every sign that may mean something is an entity (CommonMark
/// 0.31, 2.5: those are never structure), and so is the dot, which makes links of names.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for sign in printable(text).chars() {
        match sign {
            '/' | ',' => out.push(sign),
            // At the beginning it would open a list.
            '-' if !out.is_empty() => out.push(sign),
            sign if sign.is_ascii_punctuation() => {
                out.push_str(&format!("&#{};", u32::from(sign)));
            }
            sign => out.push(sign),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_is_text() {
        assert_eq!(
            escape("a|b<img>`c`\n::d::[e](f) *g* @h"),
            "a&#124;b&#60;img&#62;&#96;c&#96;&#92;n&#58;&#58;d&#58;&#58;&#91;e&#93;&#40;f&#41; \
             &#42;g&#42; &#64;h"
        );
        assert_eq!(escape("##vso[x]"), "&#92;x23&#35;vso&#91;x&#93;");
        assert_eq!(escape("- a-b"), "&#45; a-b");
        assert_eq!(escape("www.example.com"), "www&#46;example&#46;com");
    }
}
