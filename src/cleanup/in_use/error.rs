//! Why it is not known what is in use.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::cluster::{self, Cause};
use crate::error::{Exit, Explain};
use crate::text::printable;

/// What could not be found out. Nothing may be deleted then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Clusters are to be asked, and this program cannot.
    #[error("this build has no kubernetes")]
    NotBuiltIn,
    /// There is no saying where clusters are.
    #[error(transparent)]
    Access(cluster::Error),
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

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotBuiltIn => {
                "use a build with the feature `kubernetes`, or give a list with --in-use".into()
            }
            Self::Access(cluster::Error::NoConfig(_) | cluster::Error::NoContext) => {
                "name the file with --kube-config or KUBECONFIG, or give a list with --in-use"
                    .into()
            }
            Self::Access(error) => error.hint()?,
            Self::BadNamespace(_) | Self::UnknownNamespace(_) => {
                "name namespaces as `kubectl get namespaces` lists them".into()
            }
            Self::Cluster { cause, .. } => hint(cause)?,
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
            Self::NotBuiltIn | Self::BadNamespace(_) => Exit::Usage,
            Self::Access(error) if error.exit() == Exit::Usage => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

impl From<cluster::Error> for Error {
    fn from(error: cluster::Error) -> Self {
        match error {
            cluster::Error::Cluster { context, cause } => Self::Cluster {
                context,
                what: String::new(),
                cause,
            },
            other => Self::Access(other),
        }
    }
}

fn hint(cause: &Cause) -> Option<String> {
    Some(match cause {
        Cause::Forbidden { resource, .. } => {
            format!("grant the verb `list` on `{resource}` to this user (RBAC)")
        }
        Cause::Unauthorised | Cause::Plugin(_) => {
            "log in to the cluster anew, or name the contexts that count with --context".into()
        }
        Cause::Unreachable(_) | Cause::Silent(_) => {
            "name the contexts that count with --context if this cluster is gone".into()
        }
        _ => return None,
    })
}

/// `24h`, `1h 30m`.
fn friendly(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}

fn join(errors: &[Error]) -> String {
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    messages.join("; ")
}
