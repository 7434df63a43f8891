//! How `ci-env` fails. `eval "$(...)"` never stops a script by itself, so the failure has to be
//! in the text as well, and that holds for wrong arguments and panics too.

use std::ffi::OsString;
use std::path::PathBuf;

use super::files;
use crate::cli::{print, switch};
use crate::docker::Places;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::shell::{self, Dialect, Form};

/// A path that no file can have, so that `. PATH` fails in every shell.
const NO_FILE: &str = "/dev/null/dockside-failed";

/// What to print when the command fails; known before the arguments have been checked.
#[derive(Clone)]
pub(in crate::cli) struct Failing {
    way: Option<Way>,
}

#[derive(Clone)]
struct Way {
    dialect: &'static dyn Dialect,
    as_file: bool,
    file: Option<PathBuf>,
    env: Env,
}

impl Failing {
    /// Reads the arguments as far as they can be trusted.
    pub(in crate::cli) fn of(arguments: &[OsString], env: &Env) -> Self {
        let words: Vec<&str> = arguments
            .iter()
            .skip(1)
            .map(|argument| argument.to_str().unwrap_or_default())
            .collect();
        let is_ci_env = words.iter().find(|word| !word.starts_with('-')) == Some(&"ci-env");
        let silent = value(&words, "--format").is_some()
            || is_on(&words, "--as-env-file", env, "WERF_AS_ENV_FILE");
        if !is_ci_env || silent {
            return Self { way: None };
        }
        let dialect = value(&words, "--shell")
            .or_else(|| env.utf8("WERF_SHELL"))
            .and_then(shell::dialect)
            .unwrap_or_else(shell::calling);
        let file = value(&words, "--output-file-path")
            .or_else(|| value(&words, "-o"))
            .map(PathBuf::from)
            .or_else(|| env.path("WERF_OUTPUT_FILE_PATH"));
        Self {
            way: Some(Way {
                dialect,
                as_file: is_on(&words, "--as-file", env, "WERF_AS_FILE"),
                file,
                env: env.clone(),
            }),
        }
    }

    /// Makes a panic stop the evaluating script too.
    pub(in crate::cli) fn also_on_panic(&self) {
        if self.way.is_none() {
            return;
        }
        let failing = self.clone();
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            default(panic);
            failing.announce(Exit::Failed);
            std::process::exit(Exit::Failed as i32);
        }));
    }

    /// Prints the text that stops the evaluating script.
    pub(in crate::cli) fn announce(&self, exit: Exit) {
        // A standard output that cannot be written to has nobody left to stop.
        let _ = self.way.as_ref().map(|way| way.announce(exit as u8));
    }
}

impl Way {
    fn announce(&self, status: u8) -> Result<(), Failure> {
        if !self.as_file {
            return print(&self.dialect.failure(status, Form::Evaluated));
        }
        let script = self.dialect.failure(status, Form::Sourced);
        match &self.file {
            Some(file) => Ok(files::replace(file, &script)?),
            None => {
                let name = format!("failed-{status}.{}", self.dialect.extension());
                let path = Places::new(None, None, &self.env).write_private(&name, &script);
                files::print_path(&path.unwrap_or_else(|_| PathBuf::from(NO_FILE)))
            }
        }
    }
}

/// The value of an option, in any form that clap knows: apart, after `=`, or, for a short
/// option, attached.
fn value<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == option {
            return words.next().copied();
        }
        if let Some(rest) = word.strip_prefix(option) {
            match rest.strip_prefix('=') {
                Some(value) => return Some(value),
                None if !option.starts_with("--") => return Some(rest),
                None => {}
            }
        }
    }
    None
}

fn is_on(words: &[&str], option: &str, env: &Env, variable: &str) -> bool {
    let given = words
        .iter()
        .find_map(|word| match word.strip_prefix(option)? {
            "" => Some(true),
            rest => switch::parse(rest.strip_prefix('=')?).ok(),
        });
    switch::resolve(given, env, variable, false)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn options_are_read_in_all_their_forms() {
        for words in [["-o", "f"], ["-o=f", ""], ["-of", ""]] {
            assert_eq!(value(&words, "-o"), Some("f"), "{words:?}");
        }
        for words in [["--shell", "f"], ["--shell=f", ""]] {
            assert_eq!(value(&words, "--shell"), Some("f"), "{words:?}");
        }
        assert_eq!(value(&["--shellf", "--output"], "--shell"), None);
        assert_eq!(value(&["--output", "f"], "-o"), None);
    }
}
