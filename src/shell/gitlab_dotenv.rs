//! GitLab's report `artifacts:reports:dotenv`, for later jobs.

use super::format::emptied;
use super::{Format, Input, PathRoute, Rendered, Unsupported};

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

    fn path_route(&self) -> PathRoute {
        PathRoute::None
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

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{refused, rendered, secret, set, unset};
    use super::*;

    #[test]
    fn lines_are_raw() {
        let out = rendered(&GitlabDotenv, &[set("A", "a 'b' #c=\u{fc}"), unset("B")]);
        assert_eq!(out.text.as_bstr(), "A=a 'b' #c=\u{fc}\nB=\n");
        assert_eq!(out.notes, ["B is set to nothing instead of removed"]);
    }

    #[test]
    fn what_gitlab_would_change_or_reject_is_refused() {
        let why = |assignment| {
            let message = refused(&GitlabDotenv, assignment);
            message
                .strip_prefix("gitlab-dotenv cannot carry A: ")
                .unwrap()
                .to_owned()
        };
        for value in ["a\nb", "a\r", "\n"] {
            assert_eq!(why(set("A", value)), "a line holds one whole value");
        }
        for value in [" a", "a\t", "\u{a0}a"] {
            assert_eq!(why(set("A", value)), "GitLab trims blanks at both ends");
        }
        assert_eq!(
            why(set("A", "a$b")),
            "GitLab expands what follows a dollar sign"
        );
        assert_eq!(why(set("A", b"\xff")), "its value is not UTF-8");
        assert_eq!(
            why(secret("A", "a")),
            "whoever may download artifacts can read the report"
        );
    }

    #[test]
    fn limits() {
        assert_eq!(
            rendered(&GitlabDotenv, &[set("A", "x".repeat(5116))])
                .text
                .len(),
            5119
        );
        assert_eq!(
            refused(&GitlabDotenv, set("A", "x".repeat(5117))),
            "gitlab-dotenv cannot carry so much text: GitLab rejects reports of 5 KB and more"
        );
        let many: Vec<_> = (0..21).map(|i| set(&format!("A{i}"), "")).collect();
        assert_eq!(
            rendered(&GitlabDotenv, &many).notes,
            [
                "the report has 21 variables; GitLab rejects more than 20 unless it is configured otherwise"
            ]
        );
        assert!(rendered(&GitlabDotenv, &many[1..]).notes.is_empty());
    }
}
