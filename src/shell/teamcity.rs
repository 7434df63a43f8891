//! TeamCity's service messages, read from standard output.

use super::{Format, Input, Rendered, Unsupported, emptied};

/// A `setParameter` for each variable, in force from the next step on.
///
/// Secrets are refused unless they are asked for: the agent cannot be told of one at run time,
/// so a parameter that is not declared as a password shows in the log and on the build's page.
pub struct TeamCity;

impl Format for TeamCity {
    fn name(&self) -> &'static str {
        "teamcity"
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut text = String::new();
        for assignment in input.assignments {
            let value = assignment.utf8("teamcity")?.unwrap_or_default();
            if assignment.secret && !input.show_secrets {
                return Err(Unsupported {
                    instead: Some(
                        "evaluate the shell form in the step that needs it, or declare the \
                         parameter as a password and add --show-secrets",
                    ),
                    ..Unsupported::value("teamcity", assignment, "parameters are shown")
                });
            }
            if value.matches('%').count() > 1 {
                let why = "text between percent signs is taken for a parameter's name";
                return Err(Unsupported::value("teamcity", assignment, why));
            }
            let name = assignment.name.as_str();
            let value = escape(value);
            text.push_str(&format!(
                "##teamcity[setParameter name='env.{name}' value='{value}']\n"
            ));
        }
        Ok(Rendered {
            text: text.into_bytes(),
            notes: emptied(input.assignments),
            ..Rendered::default()
        })
    }
}

/// Escapes a value; what is not printable ASCII is written as UTF-16 units, since the agent reads
/// the log in the platform's encoding.
fn escape(value: &str) -> String {
    let mut out = String::new();
    for character in value.chars() {
        match character {
            '|' | '\'' | '[' | ']' => out.extend(['|', character]),
            '\n' => out.push_str("|n"),
            '\r' => out.push_str("|r"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("|0x{unit:04X}"));
                }
            }
        }
    }
    out
}
