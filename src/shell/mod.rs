//! How a value is written so that it cannot be code: one file per shell and per format.

mod azure;
mod calling;
mod circleci;
mod cmdexe;
mod elvish;
mod env_file;
mod fish;
mod github_env;
mod gitlab_dotenv;
mod json;
mod nu;
mod powershell;
mod sh;
mod tcsh;
mod teamcity;
mod template;

pub use calling::calling;
pub use env_file::EnvFile;

use std::path::Path;

use bstr::BString;

use crate::error::{Exit, Explain};

/// A variable's name that every shell and format can carry: `[A-Za-z_][A-Za-z0-9_]*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Checks a name.
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = name.bytes();
        let first = bytes.next()?;
        let valid = (first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        valid.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One change of the environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Name,
    /// Its new value, any bytes but NUL; `None` removes the variable.
    pub value: Option<BString>,
    /// Whether the value must not be seen.
    pub secret: bool,
}

impl Assignment {
    /// The value as text, for a language or format of Unicode.
    fn utf8(&self, dialect: &'static str) -> Result<Option<&str>, Unsupported> {
        let refuse = |why| Unsupported::value(dialect, self, why);
        let Some(value) = &self.value else {
            return Ok(None);
        };
        if value.contains(&0) {
            return Err(refuse("an environment variable cannot hold a NUL byte"));
        }
        let text = std::str::from_utf8(value).map_err(|_| refuse("its value is not UTF-8"))?;
        Ok(Some(text))
    }
}

/// What is to happen in the evaluating shell.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// Changes of the environment, in order; none of them secret.
    pub assignments: &'a [Assignment],
    /// A file of [`Dialect::secrets`] to source after them.
    pub secrets: Option<&'a Path>,
    /// A directory to remove when the evaluating shell exits.
    pub remove_on_exit: Option<&'a Path>,
}

/// How the text reaches the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the output of a command substitution that is evaluated, quoted or not.
    Evaluated,
    /// As a file that is sourced.
    Sourced,
}

/// A value, or a wish, that a shell or format cannot carry.
#[derive(Debug, thiserror::Error)]
#[error("{dialect} cannot carry {what}: {why}")]
pub struct Unsupported {
    /// The shell or format.
    pub dialect: &'static str,
    /// The variable or the option.
    pub what: String,
    /// Why.
    pub why: &'static str,
    /// What to use instead.
    pub instead: Option<&'static str>,
}

impl Unsupported {
    /// A variable whose value cannot be carried.
    fn value(dialect: &'static str, assignment: &Assignment, why: &'static str) -> Self {
        Self {
            dialect,
            what: assignment.name.as_str().to_owned(),
            why,
            instead: None,
        }
    }

    /// The wish to do something when the shell exits.
    fn no_exit_hook(dialect: &'static str) -> Self {
        Self {
            dialect,
            what: "the removal of the directory at exit".to_owned(),
            why: "it has no hook that runs when it exits",
            instead: Some("run `dockside logout --job` at the end of the job"),
        }
    }
}

impl Explain for Unsupported {
    fn hint(&self) -> Option<String> {
        self.instead.map(str::to_owned)
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// A shell's language.
pub trait Dialect: Sync {
    /// The name for `--shell`.
    fn name(&self) -> &'static str;

    /// Other names for `--shell`, and the names of the programs that speak it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// The extension of a file in this language, such as `sh`.
    fn extension(&self) -> &'static str;

    /// Whether the shell loses bytes in what it evaluates, so that [`Dialect::script`] refuses
    /// [`Form::Evaluated`]. The caller then writes the script in [`Form::Sourced`] to a private
    /// file and prints [`Dialect::source`] for that file in [`Form::Evaluated`].
    fn evaluates_through_file(&self) -> bool {
        false
    }

    /// The text that does what `script` says.
    ///
    /// # Errors
    /// A value that the language cannot carry in this form.
    fn script(&self, script: &Script<'_>, form: Form) -> Result<Vec<u8>, Unsupported>;

    /// The text that sources `file`, which is absolute.
    ///
    /// # Errors
    /// A file name that the language cannot carry in this form.
    fn source(&self, file: &Path, form: Form) -> Result<Vec<u8>, Unsupported>;

    /// The content of a file that sets secret variables without showing them in a trace.
    ///
    /// # Errors
    /// A value that the language cannot carry.
    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported>;

    /// The text that stops the evaluating script with `status`, but leaves an interactive
    /// shell open.
    fn failure(&self, status: u8, form: Form) -> Vec<u8>;
}

/// All shells.
pub static DIALECTS: &[&dyn Dialect] = &[
    &sh::Sh,
    &fish::Fish,
    &tcsh::Tcsh,
    &nu::Nu,
    &elvish::Elvish,
    &powershell::PowerShell,
    &cmdexe::CmdExe,
];

/// The shell with this name or alias.
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS
        .iter()
        .copied()
        .find(|dialect| dialect.name() == name || dialect.aliases().contains(&name))
}

/// A way to hand variables to later steps of a job.
pub trait Format: Sync {
    /// The name for `--format`.
    fn name(&self) -> &'static str;

    /// Where the text goes unless the user says otherwise.
    fn destination(&self) -> Destination {
        Destination::Stdout
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

/// What a format is to carry.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Changes of the environment, in order, secret ones among them.
    pub assignments: &'a [Assignment],
    /// A file of [`Dialect::secrets`] for POSIX shells that sets the secret ones.
    pub secrets: Option<&'a Path>,
    /// Whether the user asked for secrets to be shown.
    pub show_secrets: bool,
}

/// A format's output.
#[derive(Debug, Default, PartialEq)]
pub struct Rendered {
    /// Commands for the CI system's log, written to standard error before anything else.
    pub commands: Vec<u8>,
    /// The text itself.
    pub text: Vec<u8>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// What to say of a format that can set variables only: those to be removed become empty, which
/// counts as absent.
fn emptied(assignments: &[Assignment]) -> Vec<String> {
    let removed = assignments.iter().filter(|one| one.value.is_none());
    removed
        .map(|one| format!("{} is set to nothing instead of removed", one.name.as_str()))
        .collect()
}

/// All formats.
pub static FORMATS: &[&dyn Format] = &[
    &json::Json,
    &github_env::GithubEnv,
    &azure::Azure,
    &teamcity::TeamCity,
    &circleci::CircleCi,
    &gitlab_dotenv::GitlabDotenv,
    &env_file::EnvFile,
];

/// The format with this name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
