//! Switches that are on or off, on the command line and in variables, as werf writes them.

use crate::env::Env;
use crate::error::{Exit, Explain};

/// A variable of ours that says neither yes nor no: what it should do is not guessed.
#[derive(Debug, thiserror::Error)]
#[error("{0} says neither yes nor no")]
pub(super) struct Unclear(&'static str);

impl Explain for Unclear {
    fn hint(&self) -> Option<String> {
        Some("set it to 1, t, true or yes, or to 0, f, false or no".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Reads the value of `--flag=VALUE`.
///
/// # Errors
/// The value is neither a yes nor a no.
pub(super) fn parse(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "yes" => Ok(true),
        "0" | "f" | "false" | "no" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

/// The switch as given, else as the variable says, else `default`. A variable that says
/// neither yes nor no counts as absent, as in werf.
pub(super) fn resolve(given: Option<bool>, env: &Env, variable: &str, default: bool) -> bool {
    given
        .or_else(|| of_variable(env, variable))
        .unwrap_or(default)
}

/// What a variable says that werf does not know; `None` where it is not set, or empty.
///
/// # Errors
/// It says neither yes nor no.
pub(super) fn strict(env: &Env, variable: &'static str) -> Result<Option<bool>, Unclear> {
    match of_variable(env, variable) {
        None if env.has(variable) => Err(Unclear(variable)),
        said => Ok(said),
    }
}

/// What a variable says, if that is a yes or a no.
fn of_variable(env: &Env, variable: &str) -> Option<bool> {
    env.utf8(variable).and_then(|value| parse(value).ok())
}
