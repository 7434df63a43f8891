//! Arguments that make no sense together.

use crate::error::{Exit, Explain};

/// What is wrong with the arguments, and what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(in crate::cli) struct Misuse {
    what: String,
    hint: &'static str,
}

impl Misuse {
    /// `what` is wrong; `hint` is what to do.
    pub(in crate::cli) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self {
            what: what.into(),
            hint,
        }
    }
}

impl Explain for Misuse {
    fn hint(&self) -> Option<String> {
        Some(self.hint.to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
