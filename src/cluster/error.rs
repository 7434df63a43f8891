//! Why a cluster was not asked, or did not answer.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Exit, Explain};
use crate::text::printable;

/// A cluster that cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing that says where clusters are.
    #[error("no kube config: there is no {}, and this is no pod of a cluster", .0.display())]
    NoConfig(PathBuf),
    /// A kube config that cannot be used.
    #[error("cannot use the kube config {}: {why}", path.display())]
    Config {
        /// Which file.
        path: PathBuf,
        /// Why; nothing of what it holds.
        why: String,
    },
    /// A kube config that was given as text, and cannot be used.
    #[error("cannot use the kube config that was given as text: {0}")]
    Text(String),
    /// A kube config without contexts.
    #[error("the kube config has no context")]
    NoContext,
    /// A context that no kube config has.
    #[error("there is no context `{}`", printable(.0))]
    UnknownContext(String),
    /// No context is named, and none is the current one.
    #[error("the kube config has no current context")]
    NoCurrentContext,
    /// A context that cannot be used.
    #[error("cannot use cluster `{}`: {cause}", printable(context))]
    Cluster {
        /// The context.
        context: String,
        /// Why.
        cause: Cause,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoConfig(_) | Self::NoContext => {
                "name the file with --kube-config or KUBECONFIG".into()
            }
            Self::Config { .. } => "correct the file, or name another with --kube-config".into(),
            Self::Text(_) => "encode a whole kube config, as `base64 <~/.kube/config` does".into(),
            Self::UnknownContext(_) => "`kubectl config get-contexts` lists them".into(),
            Self::NoCurrentContext => "name a context with --kube-context".into(),
            Self::Cluster { .. } => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::UnknownContext(_) | Self::NoCurrentContext => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

/// Why a cluster did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// What the kube config says of it cannot be used.
    #[error("its configuration cannot be used: {0}")]
    Configuration(String),
    /// The program that gets its credentials failed.
    #[error("its credential plugin failed: {0}")]
    Plugin(String),
    /// There is no connection.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// Nothing came for that long.
    #[error("it does not answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// The credentials are not accepted (401).
    #[error("it does not accept the credentials (401)")]
    Unauthorised,
    /// The credentials do not allow it (403).
    #[error("it is not allowed (403): {message}")]
    Forbidden {
        /// What the server says.
        message: String,
        /// The resource with its API group, as RBAC names it.
        resource: String,
    },
    /// Any other refusal.
    #[error("it refuses with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// What it says is not of the expected form.
    #[error("its answer cannot be read: {0}")]
    Malformed(String),
    /// The list changes faster than it can be read, or goes in circles.
    #[error("its list does not come to an end")]
    Endless,
}
