//! Why a registry did not do what it was asked, and what to do about it.

use super::content::ReadError;
use super::digest::Mismatch;
use super::manifest::BadManifest;
use super::refusal;
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
        /// The scopes that the registry says were missing.
        needs: Vec<String>,
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
    /// What was sent is not what its digest says; the registry found that out.
    #[error("{subject}: what was sent is not what its digest says{}", .said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default())]
    Corrupt {
        /// What was sent.
        subject: String,
        /// What the registry said.
        said: Option<String>,
    },
    /// What was sent cannot be found by its digest, which is of another algorithm than sha256.
    #[error("{subject}: the registry does not keep it by this digest{}", .said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default())]
    Algorithm {
        /// What was sent.
        subject: String,
        /// What the registry said.
        said: Option<String>,
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

impl Error {
    /// Whether the registry's answer had this code of the distribution specification.
    pub fn has_code(&self, code: &str) -> bool {
        match self {
            Self::Refused { codes, .. } => codes.iter().any(|found| found == code),
            _ => false,
        }
    }
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Auth(error) => error.hint(),
            Self::Setup(error) => error.hint(),
            Self::Http { source, .. } => source.hint(),
            Self::NotFound { .. } => Some(
                "check the name, and that it was pushed; many registries also say this to those \
                 who may not read it"
                    .to_owned(),
            ),
            Self::Denied {
                asked,
                granted,
                needs,
                origin,
                ..
            } => {
                let mut hint = format!("asked for {asked}");
                if let Some(granted) = granted {
                    hint = format!("{hint}; granted {granted}");
                }
                if !needs.is_empty() {
                    hint = format!("{hint}; missing {}", needs.join(" "));
                }
                Some(format!("{hint}; credential: {origin}"))
            }
            Self::Refused { status, codes, .. } => refusal::hint(*status, codes),
            Self::Content { .. } => Some(
                "try again; if it stays so, the registry's storage or a proxy on the way is broken"
                    .to_owned(),
            ),
            Self::Corrupt { .. } => {
                Some("the source is damaged: make it anew, or get it again".to_owned())
            }
            Self::Algorithm { .. } => Some(
                "many registries know sha256 only: build the image with sha256 digests".to_owned(),
            ),
            Self::Source { source, .. } => source.hint(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Auth(error) => error.exit(),
            Self::Setup(http::Setup::Host(_)) => Exit::Usage,
            Self::Denied { .. } => Exit::NotAuthorised,
            Self::Source { source, .. } => source.exit(),
            _ => Exit::Failed,
        }
    }
}
