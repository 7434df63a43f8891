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

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{set, unset};
    use super::*;

    #[test]
    fn the_whole_script() {
        let script = Script {
            assignments: &[
                set("A", "100% & | < > ^ ( ) ' ` $x ;"),
                set("E", ""),
                unset("B"),
            ],
            secrets: Some(Path::new("C:\\a b\\s.bat")),
            remove_on_exit: None,
        };
        assert_eq!(
            CmdExe.script(&script, Form::Evaluated).unwrap().as_bstr(),
            "@set \"A=100%% & | < > ^ ( ) ' ` $x ;\"\n@set \"E=\"\n@set \"B=\"\n@call \"C:\\a b\\s.bat\"\n"
        );
        assert_eq!(CmdExe.failure(4, Form::Sourced).as_bstr(), "@exit /b 4\n");
    }

    #[test]
    fn what_a_batch_file_cannot_carry_is_refused() {
        for byte in (1..=255_u8)
            .filter(|byte| !(b' '..=b'~').contains(byte))
            .chain(*b"\"!")
        {
            let error = CmdExe.secrets(&[set("K", [b'a', byte])]).unwrap_err();
            assert!(
                error.to_string().starts_with("cmdexe cannot carry K: "),
                "{byte}"
            );
            assert_eq!(error.instead, Some("use --shell powershell"));
        }
        for path in ["C:\\%x", "C:\\^x", "C:\\\"x"] {
            assert!(
                CmdExe.source(Path::new(path), Form::Sourced).is_err(),
                "{path}"
            );
        }
    }

    #[test]
    fn lines_have_a_limit() {
        let rest = "@set \"K=\"".len();
        assert!(CmdExe.secrets(&[set("K", "x".repeat(8191 - rest))]).is_ok());
        assert!(
            CmdExe
                .secrets(&[set("K", "x".repeat(8192 - rest))])
                .is_err()
        );
        assert!(CmdExe.secrets(&[set("K", "%".repeat(4096))]).is_err());
    }
}
