//! Clusters of Kubernetes: where they are, who one is there, and requests to their API servers.
//!
//! [`cluster`] and [`clusters`] find them in kube configs, or in the pod that this runs in;
//! [`Session`] speaks to one. The feature `kubernetes` builds that in.

#[cfg(feature = "kubernetes")]
mod access;
#[cfg(feature = "kubernetes")]
mod config;
mod error;
mod given;
#[cfg(feature = "kubernetes")]
mod reader;
#[cfg(feature = "kubernetes")]
mod session;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "kubernetes")]
pub use access::Access;
#[cfg(feature = "kubernetes")]
pub use config::{cluster, clusters};
pub use error::{Cause, Error};
pub use given::{Given, Server};
#[cfg(feature = "kubernetes")]
pub use session::{Request, Session};

/// How long a cluster may be silent: client-go's own limit for a connection is 30 s.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Where a pod finds its service account (kubernetes.io, "Access the API from a Pod").
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The longest label of RFC 1123.
const MAX_LABEL: usize = 63;

/// The longest name of a host of RFC 1123.
const MAX_SUBDOMAIN: usize = 253;

/// Where clusters are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The kube config, if not the usual one; also several, as `KUBECONFIG` has them.
    pub kube_config: Option<PathBuf>,
    /// What is said beside it.
    pub given: Given,
    /// The directory with the token and the certificates of the pod that this runs in.
    pub service_account: PathBuf,
    /// How long a cluster may be silent: while it is connected to, while its credentials are got,
    /// before an answer begins, and within an answer.
    pub timeout: Duration,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            kube_config: None,
            given: Given::default(),
            service_account: SERVICE_ACCOUNT.into(),
            timeout: TIMEOUT,
        }
    }
}

/// What a namespace may be called: a label of RFC 1123.
pub fn is_label(text: &str) -> bool {
    text.len() <= MAX_LABEL && is_word(text)
}

/// What most objects may be called: the name of a host of RFC 1123.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= MAX_SUBDOMAIN && text.split('.').all(is_word)
}

fn is_word(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| *byte != b'-');
    edge(text.as_bytes().first())
        && edge(text.as_bytes().last())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
