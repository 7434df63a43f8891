//! What kind of secret a credential has, as far as it shows.

use std::fmt;

use crate::docker::{Credential, Kind};
use crate::env::Env;

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// The token that the CI system gives to the job, by the variable that has it.
    Job(&'static str),
    /// A token of a vendor's, by the prefix that the vendor gives it.
    Token(&'static str),
    /// A token that the registry's token service exchanges.
    Identity,
    /// A token that is sent as it is.
    Bearer,
    /// A JSON web token.
    Jwt,
    /// Nothing shows.
    Password,
}

/// Variables of CI systems that hold the job's own token.
const OF_JOBS: [&str; 4] = [
    "CI_JOB_TOKEN",
    "GITHUB_TOKEN",
    "GITEA_TOKEN",
    "FORGEJO_TOKEN",
];

/// Prefixes of tokens (documentation of GitHub, GitLab and Docker Hub).
const PREFIXES: [(&str, &str); 10] = [
    ("github_pat_", FINE_GRAINED),
    ("ghp_", "a classic token of GitHub"),
    ("ghs_", "a token of a GitHub app or job"),
    ("gho_", "an OAuth token of GitHub"),
    (
        "glpat-",
        "a personal, project or group access token of GitLab",
    ),
    ("gldt-", "a deploy token of GitLab"),
    ("glcbt-", "a job token of GitLab"),
    ("dckr_pat_", "a personal access token of Docker Hub"),
    ("dckr_oat_", "an organization access token of Docker Hub"),
    ("cmVmdGtu", "a reference token of Artifactory"),
];

const FINE_GRAINED: &str = "a fine-grained token of GitHub";

impl SecretKind {
    /// What shows.
    pub fn of(credential: &Credential, env: &Env) -> Self {
        let secret = credential.secret.expose();
        let is_of = |name: &&&str| env.utf8(name) == Some(secret);
        if let Some(variable) = OF_JOBS.iter().find(is_of) {
            return Self::Job(variable);
        }
        let mut prefixes = PREFIXES.iter();
        if let Some((_, kind)) = prefixes.find(|(prefix, _)| secret.starts_with(prefix)) {
            return Self::Token(kind);
        }
        match credential.kind {
            Kind::IdentityToken => Self::Identity,
            Kind::RegistryToken => Self::Bearer,
            Kind::Password if crate::auth::end(&credential.secret).is_some() => Self::Jwt,
            Kind::Password => Self::Password,
        }
    }

    /// Whether it is one of GitHub's fine-grained tokens.
    pub fn is_fine_grained(self) -> bool {
        self == Self::Token(FINE_GRAINED)
    }
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(variable) => write!(f, "the job's own token ({variable})"),
            Self::Token(kind) => f.write_str(kind),
            Self::Identity => f.write_str("an identity token"),
            Self::Bearer => f.write_str("a bearer token"),
            Self::Jwt => f.write_str("a JSON web token"),
            Self::Password => f.write_str("a password or token"),
        }
    }
}
