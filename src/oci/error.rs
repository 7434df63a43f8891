//! Why a registry did not do what it was asked, and what to do about it.

use super::content::ReadError;
use super::digest::Mismatch;
use super::manifest::BadManifest;
use crate::error::{Exit, Explain};
use crate::{auth, http};

/// A request to a registry that was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not let in, or nothing to be let in with.
    #[error(transparent)]
    Auth(#[from] auth::Error),
    /// A client that cannot be set up.
    #[error(transparent)]
    Setup(#[from] http::Setup),
    /// No answer that will not change.
    #[error("{subject}")]
    Http {
        /// What it was about: a reference, or a blob of a repository.
        subject: String,
        /// What was tried, how often and for how long.
        source: http::Error,
    },
    /// There is no such thing.
    #[error("{subject} does not exist")]
    NotFound {
        /// What was asked for.
        subject: String,
    },
    /// The registry knows who asks, and does not allow it.
    #[error("{subject}: {registry} does not allow this (status {status}){}", .said.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    Denied {
        /// What was asked for.
        subject: String,
        /// The registry.
        registry: String,
        /// 401 or 403.
        status: u16,
        /// What the registry said.
        said: Option<String>,
        /// The scopes that were asked for.
        asked: String,
        /// The scopes that were granted, if that is known.
        granted: Option<String>,
        /// Where the credential came from.
        origin: String,
    },
    /// The registry answered with an error of its own.
    #[error("{subject}: the registry answered {status}{}", .said.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    Refused {
        /// What was asked for.
        subject: String,
        /// The status code.
        status: u16,
        /// The codes of the answer's `errors`, in order.
        codes: Vec<String>,
        /// What the registry said.
        said: Option<String>,
    },
    /// What came is not what its digest says.
    #[error("{subject}: what the registry sent is damaged")]
    Content {
        /// What was asked for.
        subject: String,
        /// How.
        source: BadContent,
    },
    /// What was to be sent could not be read.
    #[error("{subject}")]
    Source {
        /// What was to be sent.
        subject: String,
        /// Why.
        source: ReadError,
    },
}

/// Content that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum BadContent {
    /// Other bytes than those of the digest.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// Not a manifest.
    #[error(transparent)]
    Manifest(#[from] BadManifest),
    /// An answer that breaks the specification.
    #[error("{0}")]
    Answer(String),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Auth(error) => error.exit(),
            Self::Denied { .. } => Exit::NotAuthorised,
            _ => Exit::Failed,
        }
    }
}
