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
