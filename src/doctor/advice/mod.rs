//! Why a registry refuses, and which setting changes that: one file for each vendor whose words
//! are known.

mod aws;
mod azure;
mod dockerhub;
mod gitea;
mod github;
mod gitlab;
mod google;
mod harbor;
mod quay;

use super::Purpose;
use super::registry::SecretKind;
use crate::env::Env;
use crate::oci::Repository;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
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
pub(super) struct Case<'a> {
    pub(super) env: &'a Env,
    /// The name of the CI system.
    pub(super) system: Option<&'static str>,
    pub(super) registry: &'a str,
    pub(super) repository: Option<&'a Repository>,
    /// The user, if there is one.
    pub(super) user: Option<&'a str>,
    /// What kind of secret the user has.
    pub(super) secret: Option<SecretKind>,
}

impl Case<'_> {
    /// The variable that has the job's own token, if that is what is used.
    fn job_token(&self) -> Option<&'static str> {
        match self.secret? {
            SecretKind::Job(variable) => Some(variable),
            _ => None,
        }
    }

    /// The repository's path at the registry.
    fn path(&self) -> &str {
        self.repository.map_or("", Repository::path)
    }
}

/// Why, and what to change: one sentence each.
pub(super) struct Advice {
    pub(super) cause: String,
    pub(super) cure: String,
}

impl Advice {
    fn new(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            cure: cure.into(),
        }
    }
}

/// What a vendor's file says; `None` where it knows nothing better.
type Advise = fn(&Case<'_>, Trouble) -> Option<Advice>;

/// The vendors, by the names of their brands.
static VENDORS: &[(&str, Advise)] = &[
    ("gitlab", gitlab::advise),
    ("github", github::advise),
    ("dockerhub", dockerhub::advise),
    ("ecr", aws::advise),
    ("acr", azure::advise),
    ("gcr", google::advise),
    ("harbor", harbor::advise),
    ("quay", quay::advise),
    ("gitea", gitea::advise),
];

/// The advice for a brand.
pub(super) fn of(brand: &str, case: &Case<'_>, trouble: Trouble) -> Advice {
    let vendor = VENDORS.iter().find(|(name, _)| *name == brand);
    let advice = vendor.and_then(|(_, advise)| advise(case, trouble));
    advice.unwrap_or_else(|| general(case, trouble))
}

/// Brands at which something else than the token decides what may be deleted.
pub(super) fn decides_deletes(brand: &str) -> Option<&'static str> {
    Some(match brand {
        "github" => "GitHub's API decides it, by the scope delete:packages or the package's role",
        "dockerhub" => "Docker Hub's API decides it, by the scope of the access token",
        "ecr" => "IAM decides it, by the action ecr:BatchDeleteImage",
        "gcr" => "IAM decides it, by the role roles/artifactregistry.repoAdmin",
        "artifactory" => "the permissions of Artifactory decide it",
        "nexus" => "the privileges of Nexus decide it",
        "gitea" => "the scope write:package decides it",
        _ => return None,
    })
}

/// Whether a repository comes to be when a token to push there is asked for.
pub(super) fn makes_by_asking(brand: &str) -> bool {
    brand == "gitlab"
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
