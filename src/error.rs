//! What every error can say beside its message: what to do, and how the process ends.

use std::error::Error;

/// Exit codes, stable across releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// Something failed.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// A safety guard refused.
    Refused = 3,
    /// A registry did not accept who we are.
    NotAuthorised = 4,
    /// Some of the work was done.
    Partly = 5,
    /// Ctrl-C, as shells say it: 128 and the signal's number.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

/// An error that knows what its reader can do.
pub trait Explain: Error {
    /// One sentence that tells the reader what to change.
    fn hint(&self) -> Option<String> {
        None
    }

    /// How the process ends because of it.
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// What kind of refusal it is, for programs; `None` for what is none.
    fn reason(&self) -> Option<&'static str> {
        None
    }
}

/// Any error of this program, on its way to the terminal.
#[derive(Debug)]
pub struct Failure(Box<dyn Explain + Send + Sync>);

impl Failure {
    /// What failed, on what, and why.
    pub fn message(&self) -> String {
        let mut message = self.0.to_string();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        message
    }

    /// What the reader can do.
    pub fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.0.exit()
    }

    /// What kind of refusal it is, for programs.
    pub fn reason(&self) -> Option<&'static str> {
        self.0.reason()
    }
}

impl<E: Explain + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}
