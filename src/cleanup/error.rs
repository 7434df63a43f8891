//! Why a cleanup cannot go on.

use crate::error::{Exit, Explain};
use crate::{oci, registry};

/// A failure of the whole cleanup of a repository, not of one deletion.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The distribution API.
    #[error(transparent)]
    Oci(#[from] oci::Error),
    /// A plan that cannot be done.
    #[error(transparent)]
    Apply(#[from] super::apply::Fault),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.hint(),
            Self::Oci(error) => error.hint(),
            Self::Apply(error) => error.hint(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Registry(error) => error.exit(),
            Self::Oci(error) => error.exit(),
            Self::Apply(error) => error.exit(),
        }
    }
}
