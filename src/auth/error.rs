//! Why a login failed, and what to do about it.

use std::sync::Arc;

use crate::address::BadAddress;
use crate::error::{Exit, Explain};
use crate::{docker, http};

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
    #[error(
        "{registry} refused the {kind} of user {username:?}{} (status {status}){}",
        from(.origin), said(.message)
    )]
    Refused {
        /// The registry.
        registry: String,
        /// Where the credential was found, if it was not given.
        origin: Option<String>,
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
    /// The registry wants to know who asks, and there is no credential for it.
    #[error("not logged in to {registry}: {origin}{}", said(.message))]
    NotLoggedIn {
        /// The registry.
        registry: String,
        /// Where a credential was looked for.
        origin: String,
        /// What the registry, or its token service, says to those whom it does not know.
        message: Option<String>,
    },
    /// The docker config cannot be used, or a helper that it names.
    #[error(transparent)]
    Config(Arc<docker::Error>),
    /// Of several requests that waited for one token, each fails for the same reason.
    #[error(transparent)]
    Shared(Arc<Error>),
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
    /// There is nothing that a credential could be made from.
    #[error("there is no identity to log in to {registry} with: {looked}")]
    NoIdentity {
        /// The registry.
        registry: String,
        /// Where one was looked for, and why each is not there.
        looked: String,
        /// What to set.
        advice: &'static str,
    },
    /// A service that makes identities, or exchanges one for another, refused.
    #[error("{service} refused (status {status}){}", said(.message))]
    Exchange {
        /// Who, such as `Google's token service`.
        service: String,
        /// The status of the refusal.
        status: u16,
        /// What it says about it; without secrets.
        message: Option<String>,
        /// What to do, such as a trust rule to be changed.
        advice: Option<String>,
    },
    /// An identity that is configured, and cannot be had.
    #[error("{identity} cannot be had for {registry}: {reason}")]
    Identity {
        /// Which, such as `an AWS identity`.
        identity: &'static str,
        /// The registry that it is for.
        registry: String,
        /// Why, without secrets.
        reason: String,
    },
    /// A service that makes identities, or exchanges them, does not answer.
    #[error("{service} does not answer")]
    Service {
        /// Who.
        service: &'static str,
        /// What was tried.
        source: http::Error,
    },
    /// Such a service is where no secret may be sent.
    #[error("{service} is at {address}, and no secret is sent in plain HTTP")]
    Insecure {
        /// Who.
        service: &'static str,
        /// Where, without a query.
        address: String,
    },
    /// A program of the CI system gave no ID token.
    #[error("no ID token from {program}: {reason}")]
    Agent {
        /// The program.
        program: &'static str,
        /// Why.
        reason: String,
    },
    /// A variable does not hold what it should.
    #[error("{variable} does not hold {what}")]
    BadVariable {
        /// The variable.
        variable: &'static str,
        /// What it should hold.
        what: &'static str,
    },
    /// A registry for which nothing here makes logins.
    #[error("logins to {registry} are not made from an identity")]
    NoExchange {
        /// The registry.
        registry: String,
    },
    /// A login that was made has ended.
    #[error("the login to {registry} has ended and cannot be made anew")]
    Ended {
        /// The registry.
        registry: String,
        /// Why it cannot.
        source: Box<Error>,
    },
    /// No requests can be made at all.
    #[error("cannot start the network runtime")]
    Runtime(#[source] std::io::Error),
}

impl Error {
    /// Whether asking again would bring the same answer.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::NotLoggedIn { .. })
    }
}

fn from(origin: &Option<String>) -> String {
    match origin {
        Some(origin) => format!(" from {origin}"),
        None => String::new(),
    }
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
            Self::Http { source, .. } | Self::Service { source, .. } => source.hint(),
            Self::Insecure { .. } => Some(
                "it must have an https address; plain HTTP is only for hosts given to \
                 --insecure-registry"
                    .to_owned(),
            ),
            Self::Refused { advice, .. } => Some((*advice).to_owned()),
            Self::NotLoggedIn { registry, .. } => Some(format!(
                "log in with `dockside login {registry}`, or in a job with `dockside ci-env`"
            )),
            Self::NoIdentity { advice, .. } => Some((*advice).to_owned()),
            Self::NoExchange { .. } => Some(
                "they are for Docker Hub, Amazon ECR, Azure Container Registry, Google, \
                 Artifactory (JF_URL) and Quay (DOCKSIDE_QUAY_ROBOT)"
                    .to_owned(),
            ),
            Self::Exchange { advice, .. } => advice.clone(),
            Self::Config(error) => error.hint(),
            Self::Shared(error) => error.hint(),
            Self::Ended { source, .. } => source.hint(),
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
            Self::Refused { .. }
            | Self::NotLoggedIn { .. }
            | Self::NoIdentity { .. }
            | Self::Identity { .. } => Exit::NotAuthorised,
            // A server that fails says nothing about who one is.
            Self::Exchange { status, .. } if (400..500).contains(status) => Exit::NotAuthorised,
            Self::Config(error) => error.exit(),
            Self::Shared(error) => error.exit(),
            Self::Ended { source, .. } => source.exit(),
            Self::Address(_)
            | Self::UserName { .. }
            | Self::NoExchange { .. }
            | Self::BadVariable { .. }
            | Self::Setup(http::Setup::Host(_)) => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}
