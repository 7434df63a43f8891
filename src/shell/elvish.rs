//! elvish.

use std::path::Path;

use super::template::Template;
use super::{Assignment, Dialect, Form, Script, Unsupported};

static TEMPLATE: Template = Template {
    dialect: "elvish",
    text: include_str!("../../templates/shell/elvish.elv"),
    quote: |value| Ok(quoted(value)),
    instead: None,
};

/// elvish, for `eval (dockside ... | slurp)`.
pub struct Elvish;

impl Dialect for Elvish {
    fn name(&self) -> &'static str {
        "elvish"
    }

    fn extension(&self) -> &'static str {
        "elv"
    }

    fn script(&self, script: &Script<'_>, _: Form) -> Result<Vec<u8>, Unsupported> {
        if script.remove_on_exit.is_some() {
            return Err(Unsupported::no_exit_hook("elvish"));
        }
        TEMPLATE.script(script)
    }

    fn source(&self, file: &Path, _: Form) -> Result<Vec<u8>, Unsupported> {
        TEMPLATE.path("source", "path", file)
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        TEMPLATE.assignments(assignments)
    }

    fn failure(&self, status: u8, _: Form) -> Vec<u8> {
        TEMPLATE.status("failure", status)
    }
}

/// In double quotes `\xHH` is one byte, and the text stays ASCII: elvish replaces bytes that are
/// not UTF-8 when it reads them literally.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(b'"');
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
            assignments: &[set("A", b"\"\\\n\xff $(x) 'y'"), unset("B")],
            secrets: Some(Path::new("/s")),
            remove_on_exit: None,
        };
        assert_eq!(
            Elvish.script(&script, Form::Evaluated).unwrap().as_bstr(),
            r#"set-env A "\"\\\x0a\xff $(x) 'y'"
unset-env B
eval (slurp < "/s")
"#
        );
        assert_eq!(
            Elvish.failure(4, Form::Sourced).as_bstr(),
            "if (eq (resolve edit:complete-filename) '$edit:complete-filename~') \
             { fail 'dockside failed with status 4' }\nexit 4\n"
        );
    }
}
