//! The ways to hand variables to later steps and jobs.

use std::fmt;
use std::path::Path;

use super::{Assignment, Unsupported};

/// A way to hand variables to later steps of a job.
pub trait Format: Sync {
    /// The name for `--format`.
    fn name(&self) -> &'static str;

    /// Where the text goes unless the user says otherwise.
    fn destination(&self) -> Destination {
        Destination::Stdout
    }

    /// How a directory is put first on `PATH`.
    fn path_route(&self) -> PathRoute {
        PathRoute::Variable
    }

    /// The shell whose file of secrets ([`super::Dialect::secrets`]) the text sources, if it
    /// does not carry secrets itself.
    fn sources_secrets(&self) -> Option<&'static dyn super::Dialect> {
        None
    }

    /// The text.
    ///
    /// # Errors
    /// A value that the format cannot carry.
    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported>;
}

/// Where a format's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// Appended to the file that this variable names.
    FileNamedBy(&'static str),
}

/// How a directory is put first on `PATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRoute {
    /// As any other variable, with its whole value.
    Variable,
    /// By a line in the file that this variable names, if it does.
    FileNamedBy(&'static str),
    /// Not at all: the variables are for other machines, which have a `PATH` of their own.
    None,
}

/// What a format is to carry.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Changes of the environment, in order, secret ones among them.
    pub assignments: &'a [Assignment],
    /// A file of [`Dialect::secrets`](super::Dialect::secrets) for POSIX shells that sets the secret ones.
    pub secrets: Option<&'a Path>,
    /// Whether the user asked for secrets to be shown.
    pub show_secrets: bool,
}

/// A format's output.
#[derive(Default, PartialEq)]
pub struct Rendered {
    /// Commands for the CI system's log, written to standard error before anything else.
    pub commands: Vec<u8>,
    /// The text itself.
    pub text: Vec<u8>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Commands and text may hold secrets.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |bytes: &[u8]| format!("{} bytes", bytes.len());
        f.debug_struct("Rendered")
            .field("commands", &length(&self.commands))
            .field("text", &length(&self.text))
            .field("notes", &self.notes)
            .finish()
    }
}

/// What to say of a format that can set variables only: those to be removed become empty, which
/// counts as absent.
pub(super) fn emptied(assignments: &[Assignment]) -> Vec<String> {
    let removed = assignments.iter().filter(|one| one.value.is_none());
    removed
        .map(|one| format!("{} is set to nothing instead of removed", one.name.as_str()))
        .collect()
}

/// All formats.
pub static FORMATS: &[&dyn Format] = &[
    &super::json::Json,
    &super::github_env::GithubEnv,
    &super::azure::Azure,
    &super::teamcity::TeamCity,
    &super::circleci::CircleCi,
    &super::gitlab_dotenv::GitlabDotenv,
    &super::env_file::EnvFile,
];

/// The format with this name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
