//! TeamCity's service messages, read from standard output.

use super::format::emptied;
use super::{Format, Input, Rendered, Unsupported};

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

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{refused, rendered, secret, set};
    use super::*;

    #[test]
    fn values_are_escaped() {
        let value = "|'[]\n\r100% \u{fc}\u{1f433}\x1b";
        assert_eq!(
            rendered(&TeamCity, &[set("A", value)]).text.as_bstr(),
            "##teamcity[setParameter name='env.A' \
             value='|||'|[|]|n|r100% |0x00FC|0xD83D|0xDC33|0x001B']\n"
        );
        assert_eq!(
            refused(&TeamCity, set("A", "a%b%c")),
            "teamcity cannot carry A: text between percent signs is taken for a parameter's name"
        );
    }

    #[test]
    fn secrets_have_to_be_asked_for() {
        let assignments = [secret("T", "t")];
        assert_eq!(
            refused(&TeamCity, secret("T", "t")),
            "teamcity cannot carry T: parameters are shown"
        );
        let input = Input {
            assignments: &assignments,
            secrets: None,
            show_secrets: true,
        };
        assert_eq!(
            TeamCity.render(&input).unwrap().text.as_bstr(),
            "##teamcity[setParameter name='env.T' value='t']\n"
        );
    }
}
