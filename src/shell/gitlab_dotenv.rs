//! GitLab's report `artifacts:reports:dotenv`, for later jobs.

use super::{Format, Input, Rendered, Unsupported, emptied};

const NAME: &str = "gitlab-dotenv";

/// GitLab's default limit for the file, in bytes (`dotenv_size`).
const SIZE_LIMIT: usize = 5 * 1024;

/// GitLab's default limit on self-managed instances and on the free tier (`dotenv_variables`).
const USUAL_VARIABLES: usize = 20;

/// One `NAME=VALUE` line for each variable; GitLab rejects the whole report for a line of any
/// other kind, be it empty or a comment.
pub struct GitlabDotenv;

impl Format for GitlabDotenv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut text = String::new();
        for assignment in input.assignments {
            let value = assignment.utf8(NAME)?.unwrap_or_default();
            if assignment.secret {
                let why = "whoever may download artifacts can read the report";
                return Err(Unsupported::value(NAME, assignment, why));
            }
            if let Some(why) = refusal(value) {
                return Err(Unsupported::value(NAME, assignment, why));
            }
            text.push_str(&format!("{}={value}\n", assignment.name.as_str()));
        }
        if text.len() >= SIZE_LIMIT {
            return Err(Unsupported {
                dialect: NAME,
                what: "so much text".to_owned(),
                why: "GitLab rejects reports of 5 KB and more",
                instead: None,
            });
        }
        let mut notes = emptied(input.assignments);
        let count = input.assignments.len();
        if count > USUAL_VARIABLES {
            notes.push(format!(
                "the report has {count} variables; GitLab rejects more than {USUAL_VARIABLES} \
                 unless it is configured otherwise"
            ));
        }
        Ok(Rendered {
            text: text.into_bytes(),
            notes,
            ..Rendered::default()
        })
    }
}

/// Why GitLab would not hand the value on as it is.
fn refusal(value: &str) -> Option<&'static str> {
    if value.contains(['\n', '\r']) {
        Some("a line holds one whole value")
    } else if value.trim() != value {
        Some("GitLab trims blanks at both ends")
    } else if value.contains('$') {
        Some("GitLab expands what follows a dollar sign")
    } else {
        None
    }
}
