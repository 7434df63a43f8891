//! What is said to people, on standard error. Standard output carries results only.

use std::io::Write;

use crate::error::Failure;
use crate::text::printable;

/// Says what happened. Everything said passes through [`printable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    verbose: bool,
}

impl Report {
    /// A report that also explains each step when `verbose`.
    pub fn new(verbose: bool) -> Self {
        Self { verbose }
    }

    /// Something that the user should know, though it stops nothing.
    pub fn note(&self, message: impl AsRef<str>) {
        say("note: ", message.as_ref());
    }

    /// What goes on, or how it went.
    pub fn tell(&self, message: impl AsRef<str>) {
        say("", message.as_ref());
    }

    /// An explanation, for `--log-verbose`.
    pub fn explain(&self, message: impl FnOnce() -> String) {
        if self.verbose {
            say("", &message());
        }
    }

    /// Commands for the CI system's log, which must reach it as they are.
    pub fn commands(&self, commands: &[u8]) {
        let _ = std::io::stderr().write_all(commands);
    }

    /// What ended the command.
    pub fn failure(&self, failure: &Failure) {
        say("error: ", &failure.message());
        if let Some(hint) = failure.hint() {
            say("hint: ", &hint);
        }
    }
}

/// Nothing can be done about a standard error that cannot be written to.
fn say(kind: &str, message: &str) {
    let line = format!("dockside: {kind}{}\n", printable(message));
    let _ = std::io::stderr().write_all(line.as_bytes());
}
