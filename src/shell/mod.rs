//! How a value is written so that it cannot be code: one file per shell and per format.

mod azure;
mod calling;
mod circleci;
mod cmdexe;
mod elvish;
mod env_file;
mod fish;
mod format;
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

use std::fmt;
use std::path::Path;

use bstr::BString;

use crate::error::{Exit, Explain};
pub use format::{Destination, FORMATS, Format, Input, PathRoute, Rendered, format};

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
#[derive(Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Name,
    /// Its new value, any bytes but NUL; `None` removes the variable.
    pub value: Option<BString>,
    /// Whether the value must not be seen.
    pub secret: bool,
}

/// A secret value is not shown.
impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden: &dyn fmt::Debug = &format_args!("***");
        let value = match &self.value {
            Some(_) if self.secret => hidden,
            value => value,
        };
        f.debug_struct("Assignment")
            .field("name", &self.name)
            .field("value", value)
            .finish()
    }
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A variable with a value, for the tests of dialects and formats.
    pub(super) fn set(name: &str, value: impl AsRef<[u8]>) -> Assignment {
        Assignment {
            name: Name::new(name).unwrap(),
            value: Some(BString::from(value.as_ref())),
            secret: false,
        }
    }

    /// The same, secret.
    pub(super) fn secret(name: &str, value: &str) -> Assignment {
        Assignment {
            secret: true,
            ..set(name, value)
        }
    }

    /// A variable to remove.
    pub(super) fn unset(name: &str) -> Assignment {
        Assignment {
            value: None,
            ..set(name, "")
        }
    }

    /// A format's output for these variables, without a file of secrets.
    pub(super) fn rendered(format: &dyn Format, assignments: &[Assignment]) -> Rendered {
        format.render(&input(assignments)).unwrap()
    }

    /// Why a format refuses a variable.
    pub(super) fn refused(format: &dyn Format, assignment: Assignment) -> String {
        format
            .render(&input(&[assignment]))
            .unwrap_err()
            .to_string()
    }

    fn input(assignments: &[Assignment]) -> Input<'_> {
        Input {
            assignments,
            secrets: None,
            show_secrets: false,
        }
    }

    #[test]
    fn names_are_those_of_every_shell() {
        for name in ["A", "_", "WERF_REPO", "a1"] {
            assert_eq!(Name::new(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "1A",
            "A-B",
            "A B",
            "A=B",
            "A\n",
            "\u{c4}",
            "A;id",
            "BASH_FUNC_x%%",
        ] {
            assert_eq!(Name::new(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_secret_is_not_in_what_debug_shows() {
        let shown = format!("{:?}", [set("A", "b"), secret("T", "hunter2"), unset("C")]);
        assert_eq!(
            shown,
            "[Assignment { name: Name(\"A\"), value: Some(\"b\") }, \
             Assignment { name: Name(\"T\"), value: *** }, \
             Assignment { name: Name(\"C\"), value: None }]"
        );
        let rendered = rendered(&env_file::EnvFile, &[secret("T", "hunter2")]);
        assert_eq!(
            format!("{rendered:?}"),
            "Rendered { commands: \"0 bytes\", text: \"10 bytes\", notes: [] }"
        );
    }

    #[test]
    fn every_name_and_alias_is_found_and_unique() {
        let mut seen = HashSet::new();
        for one in DIALECTS {
            for name in one.aliases().iter().copied().chain([one.name()]) {
                assert!(seen.insert(name), "{name}");
                assert_eq!(dialect(name).unwrap().name(), one.name());
            }
        }
        for one in FORMATS {
            assert!(seen.insert(one.name()), "{}", one.name());
            assert_eq!(format(one.name()).unwrap().name(), one.name());
        }
        assert!(dialect("clojure").is_none());
        assert!(format("sh").is_none());
    }

    #[test]
    fn no_dialect_or_format_carries_a_nul_byte() {
        for one in DIALECTS {
            assert!(one.secrets(&[set("K", "a\0b")]).is_err(), "{}", one.name());
        }
        for one in FORMATS {
            let error = refused(*one, set("K", "a\0b"));
            assert!(error.contains("cannot carry K: "), "{error}");
        }
    }
}
