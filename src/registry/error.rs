//! Why a registry did not do what was asked of its brand.

use crate::error::{Exit, Explain};
use crate::oci::{self, Digest, ReadError, Reference};

/// Something that was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed.
    #[error(transparent)]
    Oci(#[from] oci::Error),
    /// A blob that could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
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
    /// Somebody pushed to a tag while it was being removed.
    #[error("{subject} was pushed anew while it was being removed, and stays")]
    Moved {
        /// The tag.
        subject: String,
    },
    /// The registry removed more than it was told to.
    #[error("{subject}: with the tag the registry removed its manifest too, which was put back")]
    TookManifest {
        /// The tag.
        subject: String,
        /// The manifest.
        digest: Digest,
    },
    /// A manifest that the registry removed with its last tag.
    #[error("{manifest} went with its last tag, and could not be put back")]
    Lost {
        /// The manifest.
        manifest: Reference,
        /// Why it could not.
        source: oci::Error,
    },
    /// A tag that could neither be removed nor be put back.
    #[error("{subject} names an empty image now: it could not be put back ({restoring})")]
    Left {
        /// The tag.
        subject: String,
        /// What it named.
        digest: Digest,
        /// Why it could not be put back.
        restoring: String,
        /// Why it was not removed.
        source: Box<Error>,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Oci(error) => error.hint(),
            Self::Read(error) => error.hint(),
            Self::Unsupported { instead, .. } => Some((*instead).to_owned()),
            Self::Moved { .. } => Some("run the command again if it is to go too".to_owned()),
            Self::TookManifest { digest, .. } => Some(format!(
                "other tags of {digest} may be gone: name them again with `dockside tag`"
            )),
            Self::Left { digest, .. } => Some(format!(
                "when the registry answers again, name {digest} with `dockside tag`"
            )),
            Self::Lost { .. } => Some("push it again".to_owned()),
            Self::NoRandomness => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Oci(error) => error.exit(),
            Self::Read(error) => error.exit(),
            _ => Exit::Failed,
        }
    }
}
