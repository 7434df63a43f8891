//! Azure Pipelines' logging commands, read from standard output.

use super::format::emptied;
use super::{Format, Input, Rendered, Unsupported};

/// A `task.setvariable` for each variable, in force from the next step on.
pub struct Azure;

impl Format for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut text = String::new();
        for assignment in input.assignments {
            let name = assignment.name.as_str();
            let value = assignment.utf8("azure")?.unwrap_or_default();
            if assignment.secret && value.contains(['\n', '\r']) {
                let why = "the agent refuses secrets of several lines";
                return Err(Unsupported::value("azure", assignment, why));
            }
            let secret = if assignment.secret {
                ";issecret=true"
            } else {
                ""
            };
            let value = escape(value);
            text.push_str(&format!(
                "##vso[task.setvariable variable={name}{secret}]{value}\n"
            ));
        }
        Ok(Rendered {
            text: text.into_bytes(),
            notes: emptied(input.assignments),
            ..Rendered::default()
        })
    }
}

/// Escapes a command's data as azure-pipelines-task-lib does.
fn escape(data: &str) -> String {
    data.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{refused, rendered, secret, set, unset};
    use super::*;

    #[test]
    fn data_is_escaped() {
        let assignments = [
            set("A", "50%\r\n##vso[task.complete result=Failed;]x"),
            secret("T", "t];x"),
            unset("B"),
        ];
        let out = rendered(&Azure, &assignments);
        assert_eq!(
            out.text.as_bstr(),
            "##vso[task.setvariable variable=A]50%AZP25%0D%0A##vso[task.complete result=Failed;]x\n\
             ##vso[task.setvariable variable=T;issecret=true]t];x\n\
             ##vso[task.setvariable variable=B]\n"
        );
        assert_eq!(out.notes, ["B is set to nothing instead of removed"]);
        assert_eq!(
            refused(&Azure, secret("T", "a\nb")),
            "azure cannot carry T: the agent refuses secrets of several lines"
        );
    }
}
