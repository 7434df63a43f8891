//! Why a credential helper gave no answer.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use super::OUTPUT_LIMIT;
use crate::error::Explain;

/// Why a credential helper gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be that of a program on PATH.
    #[error("{name:?} cannot be the name of a credential helper")]
    BadName {
        /// The name.
        name: String,
    },
    /// The program is not on PATH.
    #[error("docker-credential-{name} is not on PATH")]
    Missing {
        /// The helper.
        name: String,
    },
    /// The program could not be run.
    #[error("cannot run docker-credential-{name}")]
    Start {
        /// The helper.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// It did not answer in time.
    #[error("docker-credential-{name} {verb} gave no answer within {} s", limit.as_secs_f32())]
    TimedOut {
        /// The helper.
        name: String,
        /// What was asked.
        verb: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// It answered with more than any credential or list can be.
    #[error("docker-credential-{name} {verb} printed more than {OUTPUT_LIMIT} bytes")]
    TooMuch {
        /// The helper.
        name: String,
        /// What was asked.
        verb: &'static str,
    },
    /// The protocol has no word for a token that is sent to the registry as it is.
    #[error("docker-credential-{name} cannot keep a registry token")]
    RegistryToken {
        /// The helper.
        name: String,
    },
    /// It failed.
    #[error("docker-credential-{name} {verb} failed ({status}): {message}")]
    Failed {
        /// The helper.
        name: String,
        /// What was asked.
        verb: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// What it said on standard output and standard error.
        message: String,
    },
    /// It answered with something else than the protocol says. The answer may hold a secret,
    /// so it is not shown.
    #[error("docker-credential-{name} {verb} gave an answer that is not of the protocol")]
    Answer {
        /// The helper.
        name: String,
        /// What was asked.
        verb: &'static str,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { name } => Some(format!(
                "install docker-credential-{name}, or remove it from credsStore and credHelpers"
            )),
            Self::TimedOut { .. } => Some(
                "the keychain may be waiting for its password; in a job nobody can give it"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
