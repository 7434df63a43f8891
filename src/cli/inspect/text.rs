//! A description for people: aligned, compact, everything from outside made printable.

use std::fmt::Write as _;

use super::description::{Child, Config, Description};
use crate::size::human;
use crate::text::printable;

/// How far values are indented.
const COLUMN: usize = 13;

/// Lines of a name and a value, then lists.
pub(super) fn of(description: &Description) -> String {
    let mut page = Page::default();
    page.line("reference", &description.reference);
    page.line("digest", &description.digest.to_string());
    page.line("type", &description.media_type);
    page.some("artifact", description.artifact_type.as_deref());
    page.line("size", &size(description));
    let subject = description.subject.as_ref().map(ToString::to_string);
    page.some("subject", subject.as_deref());
    if let Some(config) = &description.config {
        page.config(config);
    }
    page.list("annotations", description.annotations.iter().map(pair));
    let platforms = description.platforms.iter().flatten();
    page.list("platforms", platforms.map(child));
    let layers = description.layers.iter().flatten();
    page.list(
        "layers",
        layers.map(|layer| row(&[&layer.digest, &right(layer.size), &layer.media_type])),
    );
    let referrers = description.referrers.iter();
    page.list(
        "referrers",
        referrers.map(|one| {
            let kind = one.artifact_type.as_deref();
            row(&[&one.blob.digest, &kind.unwrap_or(&one.blob.media_type)])
        }),
    );
    page.0
}

fn size(description: &Description) -> String {
    let size = human(description.size);
    match (&description.platforms, &description.layers) {
        (Some(children), _) => format!("{size} in {}", counted(children.len(), "manifest")),
        (None, Some(layers)) => format!("{size} in {}", counted(layers.len(), "layer")),
        (None, None) => size,
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn child(child: &Child) -> String {
    let platform = child.platform.as_deref().unwrap_or("-");
    let size = child.size.map_or("-".to_owned(), human);
    row(&[&child.digest, &format!("{size:>7}"), &platform])
}

fn right(size: u64) -> String {
    format!("{:>7}", human(size))
}

fn row(cells: &[&dyn std::fmt::Display]) -> String {
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    cells.join("  ")
}

fn pair((name, value): (&String, &String)) -> String {
    format!("{name}={value}")
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, name: &str, value: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{name:COLUMN$}{}", printable(value));
    }

    fn some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.line(name, value);
        }
    }

    fn list(&mut self, name: &str, lines: impl Iterator<Item = String>) {
        for (at, line) in lines.enumerate() {
            self.line(if at == 0 { name } else { "" }, &line);
        }
    }

    fn config(&mut self, config: &Config) {
        self.some("platform", config.platform.as_deref());
        self.some("created", config.created.as_deref());
        self.some("author", config.author.as_deref());
        self.line(
            "config",
            &row(&[&config.blob.digest, &human(config.blob.size)]),
        );
        let run = &config.execution;
        self.some("user", run.user.as_deref());
        self.some("workdir", run.working_dir.as_deref());
        for (name, words) in [("entrypoint", &run.entrypoint), ("cmd", &run.cmd)] {
            let words = words
                .as_ref()
                .map(|words| serde_json::json!(words).to_string());
            self.some(name, words.as_deref());
        }
        self.list("env", run.env.iter().flatten().cloned());
        self.list("labels", run.labels.iter().flatten().map(pair));
    }
}
