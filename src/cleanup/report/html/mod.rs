//! The report as one page that needs nothing else: no network, no other files.
//!
//! What stands in it for people is HTML, readable without scripts. The rows of the table are data
//! that a script shows as text. The policy of the page lets nothing run or load but the script and
//! the style that are part of this program.

mod bars;
mod chart;
mod history;
mod rows;

use std::io::{self, Write};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use self::history::History;
use super::table::{failures, name, total};
use super::{CannotWrite, Report, Run, Summary, atomic};
use crate::text::printable;

const PAGE: &str = include_str!("../../../../templates/cleanup/page.html");
const STYLE: &str = include_str!("../../../../templates/cleanup/page.css");
const SCRIPT: &str = include_str!("../../../../templates/cleanup/page.js");

/// How many failures or gaps of a repository are told one by one.
const LIST: usize = 50;

/// Writes the page. When the file is there already, the history of bytes in it goes on.
///
/// # Errors
/// The file cannot be written; what was there before is still there.
pub fn write(report: &Report, path: &Path) -> Result<(), CannotWrite> {
    let mut history = History::read(path, report.ended);
    history.add(report);
    atomic::write(path, |out| render(report, &history, out))
}

fn render(report: &Report, history: &History, out: &mut dyn Write) -> io::Result<()> {
    for (at, part) in PAGE.split("{{").enumerate() {
        let text = match part.split_once("}}") {
            Some((name, text)) if at > 0 => {
                fill(name, report, history, out)?;
                text
            }
            _ => part,
        };
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn fill(name: &str, report: &Report, history: &History, out: &mut dyn Write) -> io::Result<()> {
    match name {
        "policy" => out.write_all(policy().as_bytes()),
        "style" => out.write_all(STYLE.as_bytes()),
        "script" => out.write_all(SCRIPT.as_bytes()),
        "title" => out.write_all(title(report).as_bytes()),
        "times" => {
            write!(out, "{} to {}", moment(report.began), moment(report.ended))
        }
        "history" => history.write(out),
        "repositories" => report
            .runs
            .iter()
            .try_for_each(|run| repository(run, report.dry_run, history, out)),
        "rows" => rows::write(report, out),
        "left-out" => rows::left_out(report, out),
        _ => Ok(()),
    }
}

/// Nothing may load, run or be sent but what has these digests.
fn policy() -> String {
    let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        digest(SCRIPT),
        digest(STYLE)
    )
}

fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn title(report: &Report) -> String {
    let dry = if report.dry_run { " (dry run)" } else { "" };
    let command = report.command.name();
    match report.runs.as_slice() {
        [run] => format!("{command} of {}{dry}", escape(&run.repository.to_string())),
        runs => format!("{command} of {} repositories{dry}", runs.len()),
    }
}

fn repository(run: &Run, dry_run: bool, history: &History, out: &mut dyn Write) -> io::Result<()> {
    let name = run.repository.to_string();
    writeln!(out, "<section>\n<h2>{}</h2>", escape(&name))?;
    if let Some(plan) = &run.plan {
        let summary = Summary::of(run, dry_run);
        let total = total(&summary, dry_run);
        let (brand, taken) = (escape(&plan.brand), moment(plan.taken));
        writeln!(out, "<p>{total}.</p>")?;
        writeln!(out, "<p>Looked at on {taken}. Brand: {brand}.</p>")?;
        writeln!(out, "<div class=\"columns\">")?;
        bars::write(run.verdict(dry_run), "goes", &summary.reasons, out)?;
        bars::write("stays", "stays", &summary.rules, out)?;
        writeln!(out, "</div>")?;
    }
    remarks(run, out)?;
    chart::write(&name, history.of(&name), out)?;
    writeln!(out, "</section>")
}

fn remarks(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for (what, failure) in run.stopped() {
        let (message, hint) = (failure.message(), failure.hint().unwrap_or_default());
        let (message, hint) = (escape(&message), escape(&hint));
        writeln!(
            out,
            "<p class=\"trouble\"><strong>{what}</strong>: {message}<br>{hint}</p>"
        )?;
    }
    let failed =
        failures(run).map(|(step, failure)| format!("{}: {}", name(step), failure.message()));
    list("Failed", failed, out)?;
    let gaps = run.plan.iter().flat_map(|plan| plan.gaps.iter().cloned());
    list("Could not be read, and stays", gaps, out)?;
    list("Notes", run.notes.iter().cloned(), out)
}

fn list(title: &str, items: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let mut count = 0_usize;
    for item in items {
        if count == 0 {
            writeln!(out, "<h3>{title}</h3>\n<ul>")?;
        }
        if count < LIST {
            writeln!(out, "<li>{}</li>", escape(&item))?;
        }
        count += 1;
    }
    if count > LIST {
        writeln!(out, "<li>{} more</li>", count - LIST)?;
    }
    if count > 0 {
        writeln!(out, "</ul>")?;
    }
    Ok(())
}

/// Text in HTML, as content or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for sign in printable(text).chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            sign => out.push(sign),
        }
    }
    out
}

/// JSON inside a `script` element: without `<`, nothing ends the element, nor begins a comment in
/// it (HTML, 4.12.1.3); the line separators are for readers that take it for JavaScript.
fn embedded(value: &impl serde::Serialize) -> io::Result<String> {
    let json = serde_json::to_string(value)?;
    Ok(json
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

#[cfg(test)]
mod tests {
    use super::{PAGE, embedded, escape};

    #[test]
    fn text_is_no_html() {
        assert_eq!(
            escape("<b a='1' c=\"2\">&\u{202e}\n"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;\\u{202e}\\n"
        );
    }

    #[test]
    fn data_does_not_leave_its_element() {
        let json = embedded(&["</script><!--", "a\u{2028}&b"]).unwrap();
        let expected = r#"["\u003c/script\u003e\u003c!--","a\u2028\u0026b"]"#;
        assert_eq!(json, expected);
        let read: Vec<String> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, ["</script><!--", "a\u{2028}&b"]);
    }

    #[test]
    fn all_places_of_the_page_are_filled() {
        let places: Vec<&str> = PAGE
            .split("{{")
            .skip(1)
            .filter_map(|part| Some(part.split_once("}}")?.0))
            .collect();
        let expected = [
            "policy",
            "title",
            "style",
            "history",
            "title",
            "times",
            "repositories",
            "left-out",
            "rows",
            "script",
        ];
        assert_eq!(places, expected);
    }
}
