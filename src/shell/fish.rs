//! fish.

use std::path::Path;

use super::template::Template;
use super::{Assignment, Dialect, Form, Script, Unsupported};

static TEMPLATE: Template = Template {
    dialect: "fish",
    text: include_str!("../../templates/shell/fish.fish"),
    quote: |value| Ok(quoted(value)),
    instead: None,
};

/// fish, whose text is read by `dockside ... | source`.
pub struct Fish;

impl Dialect for Fish {
    fn name(&self) -> &'static str {
        "fish"
    }

    fn extension(&self) -> &'static str {
        "fish"
    }

    fn script(&self, script: &Script<'_>, _: Form) -> Result<Vec<u8>, Unsupported> {
        TEMPLATE.script(script)
    }

    fn source(&self, file: &Path, _: Form) -> Result<Vec<u8>, Unsupported> {
        TEMPLATE.path("source", "path", file)
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        TEMPLATE.secrets(assignments)
    }

    fn failure(&self, status: u8, _: Form) -> Vec<u8> {
        TEMPLATE.status("failure", status)
    }
}

/// In single quotes only `\\` and `\'` are escapes.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in value {
        if matches!(byte, b'\\' | b'\'') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'\'');
    out
}
