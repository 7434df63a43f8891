//! Why a registry did not remove what it was asked to remove.

use crate::error::{Exit, Explain};
use crate::oci;

/// Something that was not removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed.
    #[error(transparent)]
    Oci(#[from] oci::Error),
    /// The registry cannot do this.
    #[error("{subject}: this registry cannot {what}")]
    Unsupported {
        /// What it was about.
        subject: String,
        /// What it cannot do.
        what: &'static str,
        /// What can be done instead.
        instead: &'static str,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Oci(error) => error.hint(),
            Self::Unsupported { instead, .. } => Some((*instead).to_owned()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Oci(error) => error.exit(),
            Self::Unsupported { .. } => Exit::Failed,
        }
    }
}
