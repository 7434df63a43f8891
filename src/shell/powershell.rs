//! PowerShell 5 and 7.

use std::path::Path;

use super::template::Template;
use super::{Assignment, Dialect, Form, Script, Unsupported};

static TEMPLATE: Template = Template {
    dialect: "powershell",
    text: include_str!("../../templates/shell/powershell.ps1"),
    quote: quoted,
    instead: None,
};

/// PowerShell, for `dockside ... | Out-String | Invoke-Expression`. Before 7.5 it cannot hold an
/// empty variable: assigning `''` removes it there.
pub struct PowerShell;

impl Dialect for PowerShell {
    fn name(&self) -> &'static str {
        "powershell"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["pwsh"]
    }

    fn extension(&self) -> &'static str {
        "ps1"
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

/// Printable ASCII in single quotes; every other UTF-16 unit, and the quote itself, by number.
/// So the text is ASCII on single lines, which neither the console's encoding nor the way in
/// which lines are joined can change, and none of the four other characters that PowerShell
/// takes for a single quote (`IsSingleQuote` in its CharTraits.cs) occurs.
fn quoted(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let value = std::str::from_utf8(value).map_err(|_| "its strings are Unicode")?;
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') if byte != b'\'' => plain.push(char::from(byte)),
            _ => {
                if !plain.is_empty() {
                    parts.push(format!("'{}'", std::mem::take(&mut plain)));
                }
                parts.push(format!("[char]{unit}"));
            }
        }
    }
    if parts.is_empty() {
        return Ok(format!("'{plain}'").into_bytes());
    }
    if !plain.is_empty() {
        parts.push(format!("'{plain}'"));
    }
    Ok(format!("-join ({})", parts.join(",")).into_bytes())
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{set, unset};
    use super::*;

    #[track_caller]
    fn assert_quoted(value: &str, expected: &str) {
        let text = PowerShell.secrets(&[set("K", value)]).unwrap();
        let expected = format!("Set-PSDebug -Trace 0\n$env:K = {expected}\n");
        assert_eq!(text.as_bstr(), expected);
    }

    #[test]
    fn plain_values_are_quoted_strings() {
        assert_quoted("", "''");
        assert_quoted(
            "a $(b) `c` \"d\" $e ; @{} # %f%",
            "'a $(b) `c` \"d\" $e ; @{} # %f%'",
        );
    }

    /// U+2018 to U+201B end a quoted string as `'` does; line ends would be changed on the way.
    #[test]
    fn quotes_line_ends_and_other_alphabets_are_numbers() {
        assert_quoted("it's", "-join ('it',[char]39,'s')");
        assert_quoted(
            "\u{2018}\u{2019}\u{201a}\u{201b}",
            "-join ([char]8216,[char]8217,[char]8218,[char]8219)",
        );
        assert_quoted("a\r\nb", "-join ('a',[char]13,[char]10,'b')");
        assert_quoted("\u{1f433}", "-join ([char]55357,[char]56371)");
    }

    /// What is between single quotes is literal, so no other character may stand outside.
    #[test]
    fn all_text_is_ascii_on_one_line() {
        for code in (1..=0xffff).filter_map(char::from_u32) {
            let text = quoted(format!("a{code}b").as_bytes()).unwrap();
            assert!(
                text.iter().all(|byte| matches!(byte, b' '..=b'~')),
                "{code:?}"
            );
            let quotes = text.iter().filter(|&&byte| byte == b'\'').count();
            assert_eq!(
                quotes,
                if text.contains_str("[char]") { 4 } else { 2 },
                "{code:?}"
            );
        }
    }

    #[test]
    fn the_whole_script() {
        let script = Script {
            assignments: &[set("A", "a"), unset("B")],
            secrets: Some(Path::new("/s'")),
            remove_on_exit: Some(Path::new("/d")),
        };
        assert_eq!(
            PowerShell
                .script(&script, Form::Evaluated)
                .unwrap()
                .as_bstr(),
            "$env:A = 'a'\n$env:B = $null\n. (-join ('/s',[char]39))\n\
             $null = Register-EngineEvent -SourceIdentifier PowerShell.Exiting -SupportEvent \
             -Action { Remove-Item -LiteralPath ('/d') -Recurse -Force -ErrorAction SilentlyContinue }\n"
        );
        assert_eq!(
            PowerShell.failure(4, Form::Evaluated).as_bstr(),
            "$global:LASTEXITCODE = 4\nif (Get-PSCallStack | Where-Object { $_.ScriptName }) { exit 4 }\n\
             throw 'dockside failed with status 4'\n"
        );
        let error = PowerShell.secrets(&[set("K", b"\xff")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "powershell cannot carry K: its strings are Unicode"
        );
    }
}
