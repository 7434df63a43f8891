//! Why a registry refuses, and which setting changes that. A brand says it in the words of its
//! vendor ([`Family::advise`]).

use super::Family;
use super::secret_kind::SecretKind;
use crate::env::Env;
use crate::oci::Repository;

/// What somebody is going to do at a registry, which decides what is a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To read.
    Pull,
    /// To write.
    Push,
    /// To delete.
    Delete,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The credential was not accepted.
    Refused,
    /// There is no credential.
    Nobody,
    /// Who asks may not do this.
    Denied(Purpose),
    /// The repository is not there, or cannot be seen.
    NoRepository,
}

/// Who asked for what, and where.
pub struct Case<'a> {
    /// The environment of the job.
    pub env: &'a Env,
    /// The name of the CI system.
    pub system: Option<&'static str>,
    /// The registry.
    pub registry: &'a str,
    /// The repository, if one is known.
    pub repository: Option<&'a Repository>,
    /// The user, if there is one.
    pub user: Option<&'a str>,
    /// What kind of secret the user has.
    pub secret: Option<SecretKind>,
}

impl Case<'_> {
    /// The variable that has the job's own token, if that is what is used.
    pub fn job_token(&self) -> Option<&'static str> {
        match self.secret? {
            SecretKind::Job(variable) => Some(variable),
            _ => None,
        }
    }

    /// The repository's path at the registry.
    pub fn path(&self) -> &str {
        self.repository.map_or("", Repository::path)
    }
}

/// Why, and what to change: one sentence each.
pub struct Advice {
    /// Why it is so.
    pub cause: String,
    /// What to change.
    pub cure: String,
}

impl Advice {
    /// Both.
    pub fn new(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            cure: cure.into(),
        }
    }
}

/// The advice for a brand.
pub fn advice(family: Option<&dyn Family>, case: &Case<'_>, trouble: Trouble) -> Advice {
    let own = family.and_then(|family| family.advise(case, trouble));
    own.unwrap_or_else(|| general(case, trouble))
}

/// What holds everywhere.
fn general(case: &Case<'_>, trouble: Trouble) -> Advice {
    let Case { registry, .. } = case;
    let user = case.user.unwrap_or_default();
    match trouble {
        Trouble::Refused => Advice::new(
            "the secret is wrong, has ended, or is meant for another registry",
            format!("log in to {registry} again, with a secret that is still good"),
        ),
        Trouble::Nobody => Advice::new(
            "the registry wants to know who asks, and the job has no login for it",
            format!(
                "log in with `dockside login {registry}`, or in a job with `dockside ci-env --login \
                 {registry}`"
            ),
        ),
        Trouble::Denied(Purpose::Pull) => Advice::new(
            "the login is good, and may not read this repository",
            format!("give {user} the right to pull from {}", case.path()),
        ),
        Trouble::Denied(Purpose::Push) => Advice::new(
            "the login is good, and may only read",
            format!(
                "give {user} the right to push to {}, or log in with a token that may write",
                case.path()
            ),
        ),
        Trouble::Denied(Purpose::Delete) => Advice::new(
            "the login is good, and may not delete",
            format!(
                "give {user} the right to delete from {}, if the job has to",
                case.path()
            ),
        ),
        Trouble::NoRepository => Advice::new(
            "nothing was pushed there yet, or this login may not see it",
            "check the name; the first push makes the repository at most registries",
        ),
    }
}
