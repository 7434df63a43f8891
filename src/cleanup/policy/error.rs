//! What is wrong with a policy, and where.

use std::fmt;
use std::path::PathBuf;

use super::keep::Conflict;
use crate::error::{Exit, Explain};
use crate::text::printable;

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something in a file.
    #[error("{}:{fault}", .0.display(), fault = .1)]
    At(PathBuf, Fault),
    /// The file itself.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// More bytes than any policy has.
    #[error("{} has more than {most} bytes", .0.display(), most = .1)]
    TooLong(PathBuf, usize),
    /// A flag.
    #[error("{0}: {1}")]
    Flag(String, Conflict),
    /// Nothing would be kept.
    #[error("{}", keeps_nothing(.0.as_deref()))]
    KeepsNothing(Option<PathBuf>),
}

fn keeps_nothing(source: Option<&std::path::Path>) -> String {
    match source {
        Some(path) => format!("{}: no rule keeps anything", path.display()),
        None => "nothing says what is kept".to_owned(),
    }
}

/// Something in a file, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not YAML.
    #[error("{0}")]
    Syntax(String),
    /// Deeper or more than any policy is.
    #[error("this is nested too deeply, or has too many parts")]
    TooMuch,
    /// Nothing, or more than one document.
    #[error("expected one document")]
    OneDocument,
    /// `*name` or `<<`.
    #[error("aliases (`*name`) are not supported here")]
    Alias,
    /// A key that nobody knows.
    #[error("unknown key `{}`{}", printable(.key), suggested(.suggestion.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A key for the second time.
    #[error("`{}` is there twice", printable(.0))]
    Twice(String),
    /// A key that has to be there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Keys that do not go together, or none of them.
    #[error("expected exactly one of {0}")]
    ExactlyOne(&'static str),
    /// Another type.
    #[error("expected {0}")]
    Expected(String),
    /// No word that is known here.
    #[error("expected one of {}, not `{}`{}", .known, printable(.found), suggested(.suggestion.as_deref()))]
    UnknownWord {
        /// What was there.
        found: String,
        /// What could be.
        known: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A pattern that cannot be compiled, or that no tag matches.
    #[error("`{}` is no pattern: {}", printable(.0), printable(.1))]
    Pattern(String, String),
    /// A value in a form that it does not have.
    #[error("`{}`: {}", printable(.0), printable(.1))]
    Value(String, String),
    /// A rule that makes no sense.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// A Go template where its result counts.
    #[error("a template (`{{{{ }}}}`) decides what is kept here, and templates are not executed")]
    Template,
}

fn suggested(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |one| format!("; did you mean `{one}`?"))
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::KeepsNothing(_) => Some(
                "say what is kept (--keep-last 10, --keep-tag 'v*', --policy FILE); \
                 `dockside purge` removes everything"
                    .to_owned(),
            ),
            Self::At(
                _,
                Fault {
                    problem: Problem::Template,
                    ..
                },
            ) => Some(
                "write the policy down in a dockside.yaml, and name it with --policy; for a \
                 repository that werf filled, give --project and --images too"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Read(..) => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
