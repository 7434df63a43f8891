//! Why a request failed, and what to do about it.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use rustls::CertificateError;

use super::body::BodyError;
use crate::error::Explain;
use crate::text::printable;

/// What is wrong with what the user gave the client to work with.
#[derive(Debug, thiserror::Error)]
pub enum Setup {
    /// Not the name of a registry.
    #[error("{0:?} is not the name of a registry (HOST or HOST:PORT)")]
    Host(String),
    /// A certificate file that cannot be used.
    #[error("certificate file {}: {reason}", .file.display())]
    Certificate {
        /// The file, or the directory where one was looked for.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// A system without certificates, such as a bare container image.
    #[error("this system has no certificates of issuers to trust")]
    NoCertificates,
    /// A variable that does not name a proxy. Its value may hold a password.
    #[error("{0} does not name an HTTP proxy (http://HOST:PORT)")]
    Proxy(&'static str),
    /// An address on the Internet where everybody on the way could read what is sent.
    #[error("{0} is not within this network, and no secret is sent there without TLS")]
    Plain(String),
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl Explain for Setup {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Certificate { .. } => {
                Some("replace the file by a certificate in PEM form, or remove it".to_owned())
            }
            Self::NoCertificates => Some(
                "install them (the package is mostly named ca-certificates), or let \
                 SSL_CERT_FILE name a bundle"
                    .to_owned(),
            ),
            Self::Plain(_) => Some("it must have an https address".to_owned()),
            Self::Host(_) | Self::Proxy(_) | Self::Tls(_) => None,
        }
    }
}

/// A request that failed for good.
#[derive(Debug, thiserror::Error)]
#[error("{request} failed{}", self.tries())]
pub struct Error {
    /// What was tried: method and address, without a query.
    pub request: String,
    /// How often.
    pub attempts: u32,
    /// For how long.
    pub spent: Duration,
    /// The variable that names a proxy for this address.
    pub proxy: Option<&'static str>,
    /// How the last attempt ended.
    #[source]
    pub cause: Box<Cause>,
}

impl Error {
    fn tries(&self) -> String {
        match self.attempts {
            1 => String::new(),
            n => format!(" after {n} attempts in {:.1} s", self.spent.as_secs_f64()),
        }
    }
}

/// How an attempt ended.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// It was never made.
    #[error(transparent)]
    Setup(#[from] Setup),
    /// The host has no address.
    #[error("the host's name cannot be resolved: {0}")]
    Resolve(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The proxy lets nobody through without a login, or not with this one.
    #[error("the proxy asks for a login (status 407)")]
    ProxyLogin,
    /// Nothing, or not everything, came in time.
    #[error("no answer within {:.1} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The connection ended too early.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// What fills the body that was to be sent failed; this is its own error.
    #[error("the content cannot be read")]
    Body(#[source] BodyError),
    /// A token that is none.
    #[error("the token has characters that cannot be sent")]
    Token,
    /// The server's certificate is not to be believed.
    #[error("the certificate of {host} is not trusted: {reason}")]
    Certificate {
        /// The server.
        host: String,
        /// Why.
        reason: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// No TLS session with the server.
    #[error("no TLS session: {0}")]
    Tls(String),
    /// The server does not speak HTTP.
    #[error("the answer is not HTTP: {0}")]
    Protocol(String),
    /// A redirect that would take secrets to another host, or goes on for too long.
    #[error("the server redirects to {0}, where this request must not follow")]
    Redirect(String),
    /// A status that a later attempt may not meet.
    #[error("the server answered {}{}", named(*.status), after_colon(.said))]
    Status {
        /// The status code.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// What the server says about it, fit to be shown.
        said: Option<String>,
    },
    /// The server asks to wait for longer than there is time.
    #[error(
        "the server answered {} and asks to wait {} s, with {} s left for retries",
        named(*.status), .asked.as_secs(), .left.as_secs()
    )]
    Wait {
        /// The status code.
        status: u16,
        /// How long the server asks to wait.
        asked: Duration,
        /// How long retries could have gone on.
        left: Duration,
    },
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It could not be traced to an issuer that is believed.
    UnknownIssuer,
    /// Its time is over, by the clock of this machine.
    Expired,
    /// Its time has not come, by the clock of this machine.
    NotYetValid,
    /// It is for other hosts.
    OtherName,
    /// Anything else.
    Other,
}

impl Cause {
    /// Whether the server wants fewer requests.
    pub fn is_rate_limit(&self) -> bool {
        // A 403 is a cause only where it is a limit.
        matches!(
            self,
            Self::Status { status, .. } | Self::Wait { status, .. } if matches!(status, 403 | 429)
        )
    }
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match &*self.cause {
            Cause::Setup(setup) => setup.hint(),
            Cause::Certificate {
                host,
                flaw: Flaw::UnknownIssuer,
                ..
            } => Some(format!(
                "put the certificate of its issuer into /etc/docker/certs.d/{host}/ca.crt, \
                 or let SSL_CERT_FILE name a bundle that holds it"
            )),
            Cause::Certificate { .. } => Some(
                "check the registry's name and this machine's clock; if both are right, the \
                 registry's certificate must be replaced"
                    .to_owned(),
            ),
            Cause::Tls(_) => Some(
                "the server may not speak TLS there: check the port; for a registry that is meant \
                 to speak plain HTTP, give --insecure-registry HOST:PORT"
                    .to_owned(),
            ),
            Cause::Resolve(_) | Cause::Connect(_) | Cause::Timeout(_) => Some(match self.proxy {
                Some(variable) => format!(
                    "check the registry's name, the network and the proxy that {variable} names"
                ),
                None => "check the registry's name and the network".to_owned(),
            }),
            Cause::ProxyLogin => self.proxy.map(|variable| {
                format!("check the user name and the password in {variable} (http://USER:PASSWORD@HOST:PORT)")
            }),
            cause if cause.is_rate_limit() => Some(
                "the registry limits requests: try again later, or from fewer jobs at once"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

fn after_colon(message: &Option<String>) -> String {
    match message {
        Some(message) => format!(": {message}"),
        None => String::new(),
    }
}

/// A status code with its standard name.
fn named(status: u16) -> String {
    match reqwest::StatusCode::from_u16(status).map(|status| status.canonical_reason()) {
        Ok(Some(reason)) => format!("{status} {reason}"),
        _ => status.to_string(),
    }
}

/// What a failed attempt was about, by the kinds of the errors below it.
pub(super) fn classify(error: &reqwest::Error, host: &str) -> Cause {
    let reason = innermost(error);
    if let Some(tls) = find::<rustls::Error>(error) {
        return of_tls(tls, host);
    }
    if error.is_dns() {
        return Cause::Resolve(reason);
    }
    // The type of this error is private to the library.
    if reason.ends_with("proxy authorization required") {
        return Cause::ProxyLogin;
    }
    if error.is_connect() {
        return Cause::Connect(reason);
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        return Cause::Protocol(reason);
    }
    Cause::Broken(reason)
}

fn of_tls(error: &rustls::Error, host: &str) -> Cause {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return Cause::Tls(printable(error.to_string()));
    };
    let flaw = match certificate {
        // A private authority that was made anew under its old name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Flaw::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Flaw::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Flaw::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Flaw::OtherName
        }
        _ => Flaw::Other,
    };
    let reason = match certificate {
        CertificateError::UnknownIssuer => "its issuer is not known here".to_owned(),
        CertificateError::BadSignature => {
            "the issuer that is known here by that name did not sign it".to_owned()
        }
        other => printable(other.to_string()),
    };
    Cause::Certificate {
        host: host.to_owned(),
        reason,
        flaw,
    }
}

/// The first error of type `T` among an error's causes.
///
/// An [`std::io::Error`] that wraps another error names that one's cause as its own, so it has
/// to be opened.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|wrapped| find::<T>(wrapped)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The text of the last cause, which says most.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    printable(last.to_string())
}
