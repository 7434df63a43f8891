//! Why a registry did not do what was asked of its brand.

use std::sync::Arc;

use super::refusal::{Refusal, Why};
use crate::error::{Exit, Explain};
use crate::oci::{self, Digest, ReadError, Reference};
use crate::{auth, http};

/// Something that was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed.
    #[error(transparent)]
    Oci(#[from] oci::Error),
    /// A blob that could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The registry's own API refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An identity that the registry's own API needs could not be had.
    #[error(transparent)]
    Auth(#[from] auth::Error),
    /// No answer of the registry's own API.
    #[error("{subject}: no answer of {service}")]
    Http {
        /// What it was about.
        subject: String,
        /// Who was asked.
        service: String,
        /// What was tried.
        source: http::Error,
    },
    /// An answer of the registry's own API that is not what its description says.
    #[error("{subject}: {service} answered something else than it should (line {line})")]
    Answer {
        /// What it was about.
        subject: String,
        /// Who was asked.
        service: String,
        /// The line that is wrong; 0 when the answer is too long.
        line: usize,
    },
    /// An address of an API that cannot be used, or not for secrets.
    #[error("{address} cannot be the address of {service}, to which secrets are sent")]
    Address {
        /// Whose address it is to be.
        service: String,
        /// The address.
        address: String,
    },
    /// A brand that there is not.
    #[error("unknown brand of registry `{0}`")]
    UnknownBrand(String),
    /// A registry whose brand is not known, where something would be removed.
    #[error(
        "{registry} answered GET /v2/ with {status}, which does not show what brand it is: \
         nothing is removed"
    )]
    Unrecognised {
        /// The registry.
        registry: String,
        /// The status code.
        status: u16,
    },
    /// The API of the brand that the user named says that something is gone, and it is there.
    #[error("{subject} is still there: the registry does not look like {title}")]
    OtherBrand {
        /// What is there.
        subject: String,
        /// The brand that the user named.
        title: &'static str,
    },
    /// Something is missing that only the user can say.
    #[error("{subject}: {what}")]
    Missing {
        /// The repository.
        subject: String,
        /// What is missing.
        what: String,
        /// What to do.
        advice: String,
    },
    /// The registry's own API wants to know who asks, and there is no credential for it.
    #[error("{subject}: {what}")]
    NoToken {
        /// The repository.
        subject: String,
        /// What is missing.
        what: String,
        /// What to do.
        advice: String,
    },
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
    /// The registry deletes an image with its last tag, which was to be removed alone.
    #[error("{subject}: this registry cannot remove the last tag of an image and keep the image")]
    LastTag {
        /// The tag.
        subject: String,
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
    /// A tag that was not removed, beside what it was moved to for that.
    #[error("{why}; an empty image stays, without a tag: {dummy}")]
    Leftover {
        /// The empty image.
        dummy: Reference,
        /// Why it was not removed.
        why: Box<Error>,
    },
    /// What was asked for several things at once failed for all of them.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Oci(error) => error.hint(),
            Self::Read(error) => error.hint(),
            Self::Refused(refusal) => refusal.hint(),
            Self::Auth(error) => error.hint(),
            Self::Http { source, .. } => source.hint(),
            Self::Answer { .. } => {
                Some("is something else at that address, or a proxy on the way?".to_owned())
            }
            Self::Address { .. } => {
                Some("give an https address; plain HTTP is only for insecure registries".to_owned())
            }
            Self::UnknownBrand(_) => Some(format!("use one of {}", super::names().join(", "))),
            Self::Unrecognised { .. } => Some(
                "name the brand with --repo-container-registry, or see to it that the registry \
                 answers; `dockside doctor` looks for the cause"
                    .to_owned(),
            ),
            Self::OtherBrand { .. } => Some(
                "name another brand with --repo-container-registry, or none, so that it is found \
                 out; if the brand is right, it was pushed again meanwhile"
                    .to_owned(),
            ),
            Self::Missing { advice, .. } | Self::NoToken { advice, .. } => Some(advice.clone()),
            Self::Unsupported { instead, .. } | Self::LastTag { instead, .. } => {
                Some((*instead).to_owned())
            }
            Self::Moved { .. } => Some("run the command again if it is to go too".to_owned()),
            Self::TookManifest { digest, .. } => Some(format!(
                "other tags of {digest} may be gone: name them again with `dockside tag`"
            )),
            Self::Left { digest, .. } => Some(format!(
                "when the registry answers again, name {digest} with `dockside tag`"
            )),
            Self::Leftover { why, .. } => why.hint(),
            Self::Lost { .. } => Some("push it again".to_owned()),
            Self::Shared(error) => error.hint(),
            Self::NoRandomness => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Oci(error) => error.exit(),
            Self::Read(error) => error.exit(),
            Self::Refused(refusal) => refusal.exit(),
            Self::Auth(error) => error.exit(),
            Self::Shared(error) => error.exit(),
            Self::Leftover { why, .. } => why.exit(),
            Self::UnknownBrand(_) | Self::Missing { .. } => Exit::Usage,
            Self::NoToken { .. } => Exit::NotAuthorised,
            Self::Unrecognised { .. } => Exit::Refused,
            _ => Exit::Failed,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::Oci(error) => error.reason(),
            Self::Shared(error) => error.reason(),
            Self::Leftover { why, .. } => why.reason(),
            Self::NoToken { .. } => Some(Why::NotAuthenticated.name()),
            Self::Unsupported { .. } => Some(Why::Unsupported.name()),
            _ => None,
        }
    }
}
