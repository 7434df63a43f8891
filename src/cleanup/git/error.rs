//! Why git cannot say which images live.

use std::path::PathBuf;

use super::template::BadTemplate;
use crate::error::{Exit, Explain};
use crate::registry;
use crate::text::printable;

/// Why git, or the forge, cannot say which images live. Whatever it is, nothing may be deleted: a
/// history that is not known is not one that is over.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no repository, or none that can be read.
    #[error("{} is no git repository that can be read: {why}", directory.display())]
    Open {
        /// Where it was looked for, upwards from there.
        directory: PathBuf,
        /// Why not.
        why: String,
    },
    /// Nothing was ever committed.
    #[error("{} has no commits", directory.display())]
    Empty {
        /// The repository.
        directory: PathBuf,
    },
    /// Only the last commits are there.
    #[error("{} is a shallow clone: its history is not known", directory.display())]
    Shallow {
        /// The repository.
        directory: PathBuf,
        /// How the CI system clones all of it.
        setting: &'static str,
    },
    /// A history that somebody cut.
    #[error("{} has grafts, which cut its history", directory.display())]
    Grafts {
        /// The repository.
        directory: PathBuf,
    },
    /// Origin has more than the clone.
    #[error("{} lacks what origin has: {}", directory.display(), shown(missing))]
    Incomplete {
        /// The repository.
        directory: PathBuf,
        /// The references.
        missing: Vec<String>,
        /// How the CI system clones all of it.
        setting: &'static str,
    },
    /// Origin has nothing, though the clone has branches of it.
    #[error("origin of {} has no branches any longer", directory.display())]
    Vanished {
        /// The repository.
        directory: PathBuf,
    },
    /// The program git.
    #[error("git {what}: {why}")]
    Program {
        /// What it was to do.
        what: &'static str,
        /// Why it did not.
        why: String,
        /// Whether it was to ask origin what there is.
        asks: bool,
    },
    /// A reference that cannot be read.
    #[error("the reference {name} cannot be read: {why}")]
    Reference {
        /// Which one.
        name: String,
        /// Why not.
        why: String,
    },
    /// A commit that should be there.
    #[error("the commit {id} cannot be read: {why}")]
    Commit {
        /// Which one.
        id: String,
        /// Why not.
        why: String,
    },
    /// A template that is none.
    #[error("the tag template `{}` is wrong", printable(.0))]
    Template(String, #[source] BadTemplate),
    /// An expression that matches no reference.
    #[error("a pattern of references is wrong")]
    Pattern(#[from] regex::Error),
    /// It is not known where change requests are.
    #[error("it is not known which change requests are open")]
    NoForge {
        /// What is missing.
        missing: &'static str,
    },
    /// The forge does not say which change requests are open.
    #[error("it is not known which change requests are open")]
    Forge(#[source] Box<registry::Error>),
    /// An address to which no token may go.
    #[error("{address} cannot be the address of {service}, to which a token is sent")]
    Address {
        /// Who is asked.
        service: &'static str,
        /// Where.
        address: String,
    },
    /// The list of change requests has no end.
    #[error("{service} lists change requests without an end")]
    Endless {
        /// Who was asked.
        service: &'static str,
    },
}

/// How many missing references are named.
const SHOWN: usize = 3;

fn shown(missing: &[String]) -> String {
    let first: Vec<&str> = missing.iter().take(SHOWN).map(String::as_str).collect();
    let more = missing.len().saturating_sub(SHOWN);
    match more {
        0 => first.join(", "),
        _ => format!("{} and {more} more", first.join(", ")),
    }
}

impl From<registry::Error> for Error {
    fn from(error: registry::Error) -> Self {
        Self::Forge(Box::new(error))
    }
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { .. } => {
                "run it in a checkout; if git itself works there, its objects may be of a format \
                 that is not supported (SHA-256)"
                    .to_owned()
            }
            Self::Empty { .. } => "check out the repository whose images these are".to_owned(),
            Self::Shallow { setting, .. } => format!(
                "clone all of it ({setting}), run `git fetch --unshallow`, or let --git-fetch do it"
            ),
            Self::Grafts { .. } => "remove the file info/grafts of the repository".to_owned(),
            Self::Incomplete { setting, .. } => format!(
                "fetch all branches and tags ({setting}), or let --git-fetch do it: images of \
                 branches that the clone lacks would look dead"
            ),
            Self::Vanished { .. } => "is it still the address of the repository?".to_owned(),
            Self::Program { asks: true, .. } => {
                "give the job access to the repository, or say with --git-offline that the clone \
                 has all of origin's branches and tags"
                    .to_owned()
            }
            Self::Program { asks: false, .. } => "complete the clone before the cleanup".to_owned(),
            Self::Reference { .. } | Self::Commit { .. } => {
                "the clone is broken, or lacks objects (a partial clone): clone it anew, with all \
                 commits"
                    .to_owned()
            }
            Self::Template(..) => {
                "use {tag}, {branch}, {branch-slug}, {sha}, {sha:8} and {number}".to_owned()
            }
            Self::Pattern(_) => return None,
            Self::NoForge { missing } => format!(
                "{missing}; or name those that are open with --change-requests 12,15 or \
                 --change-requests none"
            ),
            Self::Forge(error) => {
                let hint = error.hint().map(|hint| format!("{hint}; or "));
                format!(
                    "{}name those that are open with --change-requests 12,15",
                    hint.unwrap_or_default()
                )
            }
            Self::Address { .. } => "give an https address".to_owned(),
            Self::Endless { .. } => "is something else at that address?".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Template(..) | Self::Pattern(_) => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}
