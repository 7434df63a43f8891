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

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{set, unset};
    use super::*;

    #[test]
    fn the_whole_script() {
        let script = Script {
            assignments: &[set("A", r"it's \n"), unset("B")],
            secrets: Some(Path::new("/s'")),
            remove_on_exit: Some(Path::new("/d")),
        };
        assert_eq!(
            Fish.script(&script, Form::Evaluated).unwrap().as_bstr(),
            "set -gx A 'it\\'s \\\\n'\nif set -qg B; set -eg B; end\nsource '/s\\''\n\
             function dockside_on_exit --on-event fish_exit\n    command rm -rf -- '/d'\nend\n"
        );
        assert_eq!(
            Fish.secrets(&[set("T", "t")]).unwrap().as_bstr(),
            "set -l fish_trace\nset -gx T 't'\n"
        );
        assert_eq!(
            Fish.failure(4, Form::Sourced).as_bstr(),
            "if not status is-interactive\n    emit fish_exit 4\n    exec sh -c 'exit 4'\nend\nreturn 4\n"
        );
    }
}
