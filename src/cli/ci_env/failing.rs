//! How `ci-env` fails. `eval "$(...)"` never stops a script by itself, so the failure has to be
//! in the text as well, and that holds for wrong arguments and panics too.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::files;
use super::named::given;
use crate::cli::{print, switch};
use crate::docker::Places;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::shell::{self, Dialect, Form};

/// A path that no file can have, so that `. PATH` fails in every shell. With `set -e` off that
/// stops few of them, so a script is better.
const NO_FILE: &str = "/dev/null/dockside-failed";

/// Where a script may go that only says that the command failed, when that was because the
/// right place cannot be written to.
const LAST_RESORTS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

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
    tmp_dir: Option<PathBuf>,
    env: Env,
}

impl Failing {
    /// Reads the arguments as far as they can be trusted. No command, or none of the `others`,
    /// may be a mistyped `ci-env`.
    pub(in crate::cli) fn of(arguments: &[OsString], others: &[&str], env: &Env) -> Self {
        let words = arguments.get(1..).unwrap_or_default();
        let is_ci_env = words
            .iter()
            .find(|word| !word.as_encoded_bytes().starts_with(b"-"))
            .is_none_or(|word| !others.iter().any(|other| word == other));
        let silent = value(words, "--format").is_some()
            || is_on(words, "--as-env-file", env, "WERF_AS_ENV_FILE");
        if !is_ci_env || silent {
            return Self { way: None };
        }
        let dialect = value(words, "--shell")
            .and_then(|name| given(name.to_str()))
            .or_else(|| env.utf8("WERF_SHELL"))
            .and_then(shell::dialect)
            .unwrap_or_else(shell::calling);
        let file = value(words, "--output-file-path")
            .or_else(|| value(words, "-o"))
            .map(PathBuf::from)
            .or_else(|| env.path("WERF_OUTPUT_FILE_PATH"));
        Self {
            way: Some(Way {
                dialect,
                as_file: is_on(words, "--as-file", env, "WERF_AS_FILE"),
                file,
                tmp_dir: value(words, "--tmp-dir")
                    .map(PathBuf::from)
                    .or_else(|| env.path("WERF_TMP_DIR")),
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
            failing.announce(Exit::Failed as u8);
            std::process::exit(Exit::Failed as i32);
        }));
    }

    /// Makes a signal stop the evaluating script too: `eval "$(timeout 9 dockside ci-env)"`.
    #[cfg(unix)]
    pub(in crate::cli) fn also_on_signals(&self) {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        if self.way.is_none() {
            return;
        }
        // Without the handlers the signals end the process as they always do.
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) else {
            return;
        };
        let failing = self.clone();
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // As shells say it.
                let status = 128 + signal;
                failing.announce(u8::try_from(status).unwrap_or(u8::MAX));
                std::process::exit(status);
            }
        });
    }

    /// Signals are Unix's.
    #[cfg(not(unix))]
    pub(in crate::cli) fn also_on_signals(&self) {}

    /// Prints the text that stops the evaluating script with this status. On a terminal nobody
    /// evaluates it.
    pub(in crate::cli) fn announce(&self, status: u8) {
        let Some(way) = &self.way else { return };
        if way.as_file || !std::io::stdout().is_terminal() {
            // A standard output that cannot be written to has nobody left to stop.
            let _ = way.announce(status);
        }
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
                let path = self.places().find_map(|place| {
                    let written = place.write_private(&name, &script);
                    written.ok()
                });
                files::print_path(&path.unwrap_or_else(|| PathBuf::from(NO_FILE)))
            }
        }
    }

    fn places(&self) -> impl Iterator<Item = Places> {
        let last = LAST_RESORTS.map(|place| Some(Path::new(place)));
        std::iter::once(self.tmp_dir.as_deref())
            .chain(last)
            .map(|wish| Places::new(wish, None, &self.env))
    }
}

/// The value of an option: `--option VALUE`, `--option=VALUE`, and for a short one `-oVALUE`.
fn value<'a>(words: &'a [OsString], option: &str) -> Option<&'a OsStr> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == option {
            return words.next().map(OsString::as_os_str);
        }
        let Some(rest) = word.as_encoded_bytes().strip_prefix(option.as_bytes()) else {
            continue;
        };
        let is_short = !option.starts_with("--");
        match rest.strip_prefix(b"=") {
            Some(value) => return value.to_os_str().ok(),
            None if is_short => return rest.to_os_str().ok(),
            None => {}
        }
    }
    None
}

fn is_on(words: &[OsString], option: &str, env: &Env, variable: &str) -> bool {
    let given = words
        .iter()
        .find_map(|word| match word.to_str()?.strip_prefix(option)? {
            "" => Some(true),
            rest => switch::parse(rest.strip_prefix('=')?).ok(),
        });
    switch::resolve(given, env, variable, false)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::value;

    #[test]
    fn options_are_read_in_all_their_forms() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        for line in ["-o f", "-o=f", "-of"] {
            assert_eq!(value(&words(line), "-o"), Some("f".as_ref()), "{line}");
        }
        for line in ["--shell f", "--shell=f"] {
            assert_eq!(value(&words(line), "--shell"), Some("f".as_ref()), "{line}");
        }
        assert_eq!(value(&words("--shellf --output"), "--shell"), None);
        assert_eq!(value(&words("--output f"), "-o"), None);
    }
}
