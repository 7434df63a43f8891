//! cmd.exe.

use std::path::Path;

use super::template::Template;
use super::{Assignment, Dialect, Form, Script, Unsupported};

static ASSIGNMENTS: Template = Template {
    dialect: "cmdexe",
    text: include_str!("../../templates/shell/cmdexe.bat"),
    quote: escaped,
    instead: Some("use --shell powershell"),
};

static CALL: Template = Template {
    quote: callable,
    ..ASSIGNMENTS
};

/// The longest line that cmd.exe reads, in characters (Microsoft, "Command prompt line string
/// limitation"; ours are all ASCII).
const LINE_MAX: usize = 8191;

/// cmd.exe, whose text is a batch file for `call`. It cannot hold an empty variable: setting one
/// to nothing removes it.
pub struct CmdExe;

impl Dialect for CmdExe {
    fn name(&self) -> &'static str {
        "cmdexe"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["cmd", "cmd.exe"]
    }

    fn extension(&self) -> &'static str {
        "bat"
    }

    fn script(&self, script: &Script<'_>, form: Form) -> Result<Vec<u8>, Unsupported> {
        if script.remove_on_exit.is_some() {
            return Err(Unsupported::no_exit_hook("cmdexe"));
        }
        let mut text = self.secrets(script.assignments)?;
        if let Some(secrets) = script.secrets {
            text.extend(self.source(secrets, form)?);
        }
        Ok(text)
    }

    fn source(&self, file: &Path, _: Form) -> Result<Vec<u8>, Unsupported> {
        CALL.path("source", "path", file)
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        let mut text = Vec::new();
        for assignment in assignments {
            let line = ASSIGNMENTS.assignments(std::slice::from_ref(assignment))?;
            if line.trim_ascii_end().len() > LINE_MAX {
                let why = "a line is at most 8191 characters";
                return Err(ASSIGNMENTS.unsupported(assignment.name.as_str(), why));
            }
            text.extend(line);
        }
        Ok(text)
    }

    fn failure(&self, status: u8, _: Form) -> Vec<u8> {
        ASSIGNMENTS.status("failure", status)
    }
}

/// Within quotes only `%` is special, but nothing can stand for a `"` or a line end; `!` is
/// eaten where delayed expansion is on; and the code page decides what other characters mean.
fn escaped(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    for &byte in value {
        match byte {
            b'"' => return Err("a double quote ends its quoting"),
            b'!' => return Err("an exclamation mark is lost where delayed expansion is on"),
            b'%' => out.extend(b"%%"),
            b' '..=b'~' => out.push(byte),
            b'\0'..=b'\x7f' => return Err("it has no control characters or line ends in values"),
            _ => return Err("the code page decides what characters beyond ASCII mean"),
        }
    }
    Ok(out)
}

/// `call` reads its line a second time, in which it doubles `^`.
fn callable(path: &[u8]) -> Result<Vec<u8>, &'static str> {
    if path.iter().any(|byte| matches!(byte, b'%' | b'^')) {
        return Err("`call` changes % and ^ in file names");
    }
    escaped(path)
}
