//! Why it is not known what is in use.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::{Exit, Explain};
use crate::text::printable;

/// What could not be found out. Nothing may be deleted then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Clusters are to be asked, and this program cannot.
    #[error("this build has no kubernetes")]
    NotBuiltIn,
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
    /// A kube config without contexts.
    #[error("the kube config has no context")]
    NoContext,
    /// A context that no kube config has.
    #[error("there is no context `{}`", printable(.0))]
    UnknownContext(String),
    /// Text that is no name of a namespace.
    #[error("`{}` is not the name of a namespace", printable(.0))]
    BadNamespace(String),
    /// A namespace that no cluster has.
    #[error("there is no namespace `{0}`")]
    UnknownNamespace(String),
    /// A cluster did not say what it runs.
    #[error(
        "it is not known what cluster `{}` runs: {what}{cause}",
        printable(context)
    )]
    Cluster {
        /// The context.
        context: String,
        /// What was asked for, with `: `; nothing if it did not come to that.
        what: String,
        /// Why.
        cause: Cause,
    },
    /// Several of them did not.
    #[error("{}", join(.0))]
    Clusters(Vec<Error>),
    /// A list that cannot be read.
    #[error("cannot read what is in use from {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A list that is too old, or of the future.
    #[error(
        "{} was made at {taken}, and is not believed: at most {} old is allowed",
        path.display(), friendly(*max_age)
    )]
    Age {
        /// Which one.
        path: PathBuf,
        /// When it was made.
        taken: Timestamp,
        /// How old it may be.
        max_age: Duration,
    },
}

/// Why a cluster did not say what it runs.
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

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotBuiltIn => {
                "use a build with the feature `kubernetes`, or give a list with --in-use".into()
            }
            Self::NoConfig(_) | Self::NoContext => {
                "name the file with --kube-config or KUBECONFIG, or give a list with --in-use"
                    .into()
            }
            Self::Config { .. } => "correct the file, or name another with --kube-config".into(),
            Self::UnknownContext(_) => "`kubectl config get-contexts` lists them".into(),
            Self::BadNamespace(_) | Self::UnknownNamespace(_) => {
                "name namespaces as `kubectl get namespaces` lists them".into()
            }
            Self::Cluster { cause, .. } => cause.hint()?,
            Self::Clusters(errors) => errors.first()?.hint()?,
            Self::File { .. } => "make it with `dockside in-use export`".into(),
            Self::Age { .. } => {
                "make it anew with `dockside in-use export`, or allow more with --in-use-max-age"
                    .into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotBuiltIn | Self::UnknownContext(_) | Self::BadNamespace(_) => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

impl Cause {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Forbidden { resource, .. } => {
                format!("grant the verb `list` on `{resource}` to this user (RBAC)")
            }
            Self::Unauthorised | Self::Plugin(_) => {
                "log in to the cluster anew, or name the contexts that count with --context".into()
            }
            Self::Unreachable(_) | Self::Silent(_) => {
                "name the contexts that count with --context if this cluster is gone".into()
            }
            _ => return None,
        })
    }
}

/// `24h`, `1h 30m`.
fn friendly(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}

fn join(errors: &[Error]) -> String {
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    messages.join("; ")
}
