//! Why a login failed, and what to do about it.

use crate::address::BadAddress;
use crate::error::{Exit, Explain};
use crate::http;

/// A login that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not the name of a registry.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// Not the name of a host, or a client that cannot be set up.
    #[error(transparent)]
    Setup(#[from] http::Setup),
    /// A user name that cannot be sent.
    #[error("the user name for {registry} has a colon, which no login can carry")]
    UserName {
        /// The registry.
        registry: String,
    },
    /// No answer.
    #[error("cannot log in to {registry}")]
    Http {
        /// The registry.
        registry: String,
        /// What was tried.
        source: http::Error,
    },
    /// The registry, or its token service, does not accept the credential.
    #[error("{registry} refused the {kind} of user {username:?} (status {status}){}", said(.message))]
    Refused {
        /// The registry.
        registry: String,
        /// The user name.
        username: String,
        /// What kind of secret it is, for people.
        kind: String,
        /// The status of the refusal.
        status: u16,
        /// What the server says about it.
        message: Option<String>,
        /// What may be the reason.
        advice: &'static str,
    },
    /// Something else than a registry answers.
    #[error("no registry API at {address} (status {status})")]
    NoRegistry {
        /// Where it was looked for.
        address: String,
        /// What the server answered.
        status: u16,
    },
    /// The registry wants a login of a kind that is not known here.
    #[error("{registry} asks for a login of an unknown kind: {offered}")]
    NoScheme {
        /// The registry.
        registry: String,
        /// The schemes that it offers.
        offered: String,
    },
    /// Credentials must not be sent where the registry wants them.
    #[error("{registry} names the token service {realm:?}, {reason}")]
    Realm {
        /// The registry.
        registry: String,
        /// The token service.
        realm: String,
        /// Why not.
        reason: &'static str,
    },
    /// An answer that means neither yes nor no.
    #[error("{request}: unexpected status {status}{}", said(.message))]
    Unexpected {
        /// What was asked.
        request: String,
        /// The status.
        status: u16,
        /// What the server says about it.
        message: Option<String>,
    },
    /// A yes without a token.
    #[error("{request}: {reason}")]
    Token {
        /// What was asked.
        request: String,
        /// What is wrong with the answer.
        reason: &'static str,
    },
    /// No requests can be made at all.
    #[error("cannot start the network runtime")]
    Runtime(#[source] std::io::Error),
}

fn said(message: &Option<String>) -> String {
    match message {
        Some(message) => format!(": {message}"),
        None => String::new(),
    }
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Address(address) => address.hint(),
            Self::Setup(setup) => setup.hint(),
            Self::Http { source, .. } => source.hint(),
            Self::Refused { advice, .. } => Some((*advice).to_owned()),
            Self::NoRegistry { .. } => Some(
                "check the registry's host and port: a forge's registry often has its own"
                    .to_owned(),
            ),
            Self::Realm { .. } => Some(
                "the registry's configuration must name its token service by an https address; \
                 plain HTTP is only for hosts given to --insecure-registry"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. } => Exit::NotAuthorised,
            Self::Address(_) | Self::UserName { .. } | Self::Setup(http::Setup::Host(_)) => {
                Exit::Usage
            }
            _ => Exit::Failed,
        }
    }
}
