//! Why a cluster does not get what it needs to pull.

use jiff::Timestamp;

use crate::cluster::Cause;
use crate::error::{Exit, Explain};
use crate::text::printable;
use crate::{address, auth, cluster};

/// What could not be made, or not be brought to the cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A registry's name that is none.
    #[error(transparent)]
    Address(#[from] address::BadAddress),
    /// The config cannot be used, or a helper that it names.
    #[error("cannot get the login to {registry}")]
    Login {
        /// The registry, with the path that the login is for.
        registry: String,
        /// Why.
        source: auth::Error,
    },
    /// A registry that nothing is known of.
    #[error("there is no login to {registry}{}", there(.known))]
    None {
        /// The registry.
        registry: String,
        /// The logins that there are.
        known: Vec<String>,
    },
    /// There is no login at all.
    #[error("there is no login in the docker config")]
    Nothing,
    /// A login that a node of a cluster cannot use.
    #[error("the login to {registry} is {what} ({origin}), which no cluster can pull with")]
    Unusable {
        /// The registry.
        registry: String,
        /// What it is.
        what: &'static str,
        /// Where it was found.
        origin: String,
    },
    /// A login that is over.
    #[error("the login to {registry} ended at {at} ({origin})")]
    Ended {
        /// The registry.
        registry: String,
        /// When.
        at: Timestamp,
        /// Where it was found.
        origin: String,
    },
    /// A name that no object of Kubernetes may have.
    #[error("`{}` is not the name of a {kind}", printable(.name))]
    Name {
        /// What it was to be the name of.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// This program cannot speak to clusters.
    #[error("this build has no kubernetes")]
    NotBuiltIn,
    /// A cluster that cannot be asked.
    #[error(transparent)]
    Access(#[from] cluster::Error),
    /// Fields that another manager owns.
    #[error("{object} is managed by another program: {message}")]
    Conflict {
        /// `CONTEXT/NAMESPACE/KIND/NAME`.
        object: String,
        /// What the server says.
        message: String,
    },
    /// A cluster that did not do it.
    #[error("cannot change {object}: {cause}")]
    Cluster {
        /// `CONTEXT/NAMESPACE/KIND/NAME`.
        object: String,
        /// Why.
        cause: Cause,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Address(error) => error.hint()?,
            Self::Login { source, .. } => source.hint()?,
            Self::None { registry, .. } => log_in(registry),
            Self::Nothing => "log in with `dockside login`, or in a job with `dockside ci-env`".into(),
            Self::Unusable { registry, .. } => format!(
                "log in to {registry} with a user and a password or access token, or name other \
                 registries with --registry"
            ),
            Self::Ended { registry, .. } => log_in(registry),
            Self::Name { kind: "namespace", .. } => {
                "write at most 63 lower-case letters, digits and -, with a letter or digit at the \
                 ends"
                    .into()
            }
            Self::Name { .. } => {
                "write at most 253 lower-case letters, digits, - and ., with a letter or digit at \
                 the ends"
                    .into()
            }
            Self::NotBuiltIn => {
                "use a build with the feature `kubernetes`, or pipe the secret to `kubectl apply -f -`"
                    .into()
            }
            Self::Access(error) => error.hint()?,
            Self::Conflict { .. } => {
                "take its fields over with --force-conflicts, or choose another name".into()
            }
            Self::Cluster { cause, .. } => hint(cause)?,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Address(_) | Self::Name { .. } | Self::NotBuiltIn => Exit::Usage,
            Self::Login { source, .. } => source.exit(),
            Self::None { .. } | Self::Nothing | Self::Ended { .. } => Exit::NotAuthorised,
            Self::Access(error) => error.exit(),
            Self::Cluster { cause, .. } => match cause {
                Cause::Unauthorised | Cause::Forbidden { .. } => Exit::NotAuthorised,
                _ => Exit::Failed,
            },
            Self::Unusable { .. } | Self::Conflict { .. } => Exit::Failed,
        }
    }
}

fn hint(cause: &Cause) -> Option<String> {
    Some(match cause {
        Cause::Forbidden { resource, .. } => format!(
            "grant the verbs `create` and `patch` on `{resource}` in this namespace to this user \
             (RBAC)"
        ),
        Cause::Unauthorised | Cause::Plugin(_) => "log in to the cluster anew".into(),
        Cause::Unreachable(_) | Cause::Silent(_) => {
            "name the cluster that is meant with --kube-context".into()
        }
        Cause::Refused { status: 404, .. } => {
            "it is made before this: name what there is with --namespace and \
             --patch-service-account"
                .into()
        }
        _ => return None,
    })
}

fn log_in(registry: &str) -> String {
    format!("log in with `dockside login {registry}`, or in a job with `dockside ci-env`")
}

fn there(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!("; there are logins for {}", known.join(", ")),
    }
}
