//! Raw `NAME=VALUE` lines, as werf writes and `docker run --env-file` reads them.

use super::format::emptied;
use super::{Format, Input, PathRoute, Rendered, Unsupported};

/// One line for each variable, without quotes or escapes, secrets among them: the file is private.
pub struct EnvFile;

impl Format for EnvFile {
    fn name(&self) -> &'static str {
        "env-file"
    }

    fn path_route(&self) -> PathRoute {
        PathRoute::None
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut text = Vec::new();
        for assignment in input.assignments {
            let value = assignment.value.as_ref().map_or(&b""[..], |value| value);
            if value.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
                let why = "a line holds one whole value, without quotes or escapes";
                return Err(Unsupported::value("env-file", assignment, why));
            }
            text.extend(assignment.name.as_str().bytes());
            text.push(b'=');
            text.extend(value);
            text.push(b'\n');
        }
        Ok(Rendered {
            text,
            notes: emptied(input.assignments),
            ..Rendered::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{refused, rendered, secret, set, unset};
    use super::*;

    #[test]
    fn lines_are_raw() {
        let assignments = [
            set("A", b" 'a' \"b\" \xff=$x#"),
            secret("T", "t"),
            unset("B"),
        ];
        assert_eq!(
            rendered(&EnvFile, &assignments),
            Rendered {
                commands: Vec::new(),
                text: b"A= 'a' \"b\" \xff=$x#\nT=t\nB=\n".to_vec(),
                notes: vec!["B is set to nothing instead of removed".into()],
            }
        );
        for value in ["a\nB=b", "a\r"] {
            assert_eq!(
                refused(&EnvFile, set("A", value)),
                "env-file cannot carry A: a line holds one whole value, without quotes or escapes"
            );
        }
    }
}
