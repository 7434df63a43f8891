//! The project's name from `werf.yaml`, for repositories that end with it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Explain;

/// werf's names of its configuration file, in its order.
const NAMES: [&str; 2] = ["werf.yaml", "werf.yml"];

/// The configuration file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub(super) struct Unreadable {
    path: PathBuf,
    source: std::io::Error,
}

impl Explain for Unreadable {}

/// What the configuration says about the project's name.
#[derive(Debug, PartialEq)]
pub(super) enum Project {
    /// This is the name.
    Named(String),
    /// A template makes it, which only werf renders.
    Templated,
    /// There is no configuration, or no name in it.
    Unknown,
}

/// The name of the project whose configuration is `config`, or is in `directory`.
///
/// # Errors
/// The file is there but cannot be read, or `config` is not there.
pub(super) fn name(directory: &Path, config: Option<&Path>) -> Result<Project, Unreadable> {
    if let Some(config) = config {
        let path = directory.join(config);
        let source = std::fs::read_to_string(&path);
        return source
            .map(|text| in_text(&text))
            .map_err(|source| Unreadable { path, source });
    }
    for name in NAMES {
        let path = directory.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(in_text(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(Unreadable { path, source }),
        }
    }
    Ok(Project::Unknown)
}

/// Finds the top-level key `project`. The file is a Go template of YAML, which no YAML parser
/// reads before it is rendered; the key itself is a plain line in every such file.
fn in_text(text: &str) -> Project {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("project:"))
        .map(without_comment)
        .map(unquoted);
    match value {
        None | Some("") => Project::Unknown,
        Some(name) if name.contains("{{") => Project::Templated,
        Some(name) => Project::Named(name.to_owned()),
    }
}

fn without_comment(value: &str) -> &str {
    let end = value.find(" #").unwrap_or(value.len());
    value.get(..end).unwrap_or(value).trim()
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::Project::{Named, Templated, Unknown};
    use super::in_text;

    #[test]
    fn the_project_line_is_found_between_templates() {
        let text = "{{ $_ := set . \"x\" 1 }}\nconfigVersion: 1\nproject: shop # ours\n---\nimage: a\n  project: no\n";
        assert_eq!(in_text(text), Named("shop".to_owned()));
        assert_eq!(
            in_text("project: \"my-shop\"\r\n"),
            Named("my-shop".to_owned())
        );
        assert_eq!(in_text("project: {{ .Name }}\n"), Templated);
        assert_eq!(in_text("  project: x\nproject:\n"), Unknown);
    }
}
