//! tcsh and csh.

use std::path::Path;

use super::sh::octal;
use super::template::{Slot, Template};
use super::{Assignment, Dialect, Form, Script, Unsupported};

const TEXT: &str = include_str!("../../templates/shell/tcsh.csh");

static SOURCED: Template = Template {
    dialect: "tcsh",
    text: TEXT,
    quote: |value| Ok(quoted(value)),
    instead: None,
};

static EVALUATED: Template = Template {
    quote: |text| Ok(octal(text)),
    ..SOURCED
};

/// tcsh, which loses line ends in what it evaluates, so that only a file carries every value.
pub struct Tcsh;

impl Dialect for Tcsh {
    fn name(&self) -> &'static str {
        "tcsh"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["csh"]
    }

    fn extension(&self) -> &'static str {
        "csh"
    }

    fn evaluates_through_file(&self) -> bool {
        true
    }

    fn script(&self, script: &Script<'_>, form: Form) -> Result<Vec<u8>, Unsupported> {
        if form == Form::Evaluated {
            let why = "it loses line ends in what it evaluates";
            return Err(SOURCED.unsupported("evaluated text", why));
        }
        if script.remove_on_exit.is_some() {
            return Err(Unsupported::no_exit_hook("tcsh"));
        }
        SOURCED.script(script)
    }

    fn source(&self, file: &Path, form: Form) -> Result<Vec<u8>, Unsupported> {
        let text = SOURCED.path("source", "path", file)?;
        if form == Form::Evaluated && text.trim_ascii_end().contains(&b'\n') {
            let why = "it loses line ends in what it evaluates";
            return Err(SOURCED.unsupported("a file name with line ends", why));
        }
        Ok(in_form(text, form))
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        SOURCED.secrets(assignments)
    }

    fn failure(&self, status: u8, form: Form) -> Vec<u8> {
        in_form(SOURCED.status("failure", status), form)
    }
}

fn in_form(line: Vec<u8>, form: Form) -> Vec<u8> {
    match form {
        Form::Sourced => line,
        Form::Evaluated => EVALUATED
            .render("evaluated", &[("text", Slot::Value(line.trim_ascii_end()))])
            .unwrap_or_default(),
    }
}

/// History is expanded and a line ends even within single quotes.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' => out.extend(br"'\''"),
            b'!' => out.extend(br"\!"),
            b'\n' => out.extend(b"\\\n"),
            _ => out.push(byte),
        }
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
            assignments: &[set("A", "it's\n!1"), unset("B")],
            secrets: Some(Path::new("/s")),
            remove_on_exit: None,
        };
        assert_eq!(
            Tcsh.script(&script, Form::Sourced).unwrap().as_bstr(),
            "setenv A 'it'\\''s\\\n\\!1'\nunsetenv B\nsource '/s'\n"
        );
        assert_eq!(
            Tcsh.secrets(&[set("T", "t")]).unwrap().as_bstr(),
            "set dockside_echo = $?echo dockside_verbose = $?verbose\nunset echo verbose\n\
             setenv T 't'\nif ($dockside_verbose) set verbose\nif ($dockside_echo) set echo\n\
             unset dockside_echo dockside_verbose\n"
        );
        assert_eq!(
            Tcsh.failure(4, Form::Sourced).as_bstr(),
            "if (! $?prompt) exec sh -c 'exit 4'; (exit 4)\n"
        );
    }

    #[test]
    fn what_evaluation_would_lose_is_refused() {
        let script = Script {
            assignments: &[],
            secrets: None,
            remove_on_exit: None,
        };
        assert_eq!(
            Tcsh.script(&script, Form::Evaluated)
                .unwrap_err()
                .to_string(),
            "tcsh cannot carry evaluated text: it loses line ends in what it evaluates"
        );
        let error = Tcsh
            .source(Path::new("/a\nb"), Form::Evaluated)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "tcsh cannot carry a file name with line ends: it loses line ends in what it evaluates"
        );
    }
}
