//! GitHub's container registry: the job's token, classic tokens, packages and their repositories.

use crate::registry::{Advice, Case, Purpose, Trouble};

const LINK: &str = "the package's page > Package settings > Manage Actions access";

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let repository = case
        .env
        .utf8("GITHUB_REPOSITORY")
        .unwrap_or("this repository");
    let is_job = case.job_token().is_some();
    let is_fine_grained = case.secret.is_some_and(|secret| secret.is_fine_grained());
    Some(match trouble {
        Trouble::Refused | Trouble::Denied(_) if is_fine_grained => Advice::new(
            "GitHub Packages does not take fine-grained tokens (github_pat_...)",
            "use the job's GITHUB_TOKEN, or a classic token (ghp_...) with write:packages",
        ),
        Trouble::Nobody if case.system == Some("github") => Advice::new(
            "the job has not logged in, and the package is private or does not exist",
            "give the job `permissions: packages: read` (or write), pass GITHUB_TOKEN to the step, \
             and run `dockside ci-env github`",
        ),
        Trouble::Refused if is_job => Advice::new(
            "GITHUB_TOKEN ends with its job, and is good at the registry of its own server alone",
            "log in within the job itself (`dockside ci-env github`)",
        ),
        Trouble::Denied(Purpose::Pull) | Trouble::NoRepository if is_job => Advice::new(
            "the job lacks `packages: read`, or the package is not linked to this repository",
            format!(
                "give the job `permissions: packages: read`, and add {repository} with the role Read at {LINK}"
            ),
        ),
        Trouble::Denied(Purpose::Push) if is_job => Advice::new(
            "the job lacks `packages: write`, or the package is not linked to this repository",
            format!(
                "give the job `permissions: packages: write`, and add {repository} with the role Write at {LINK}"
            ),
        ),
        Trouble::Denied(Purpose::Push) => Advice::new(
            "the token lacks write:packages, or its user may not write to the package",
            "use a classic token with write:packages, authorised for the organisation's single sign-on",
        ),
        Trouble::Denied(Purpose::Pull) | Trouble::NoRepository => Advice::new(
            "the package does not exist, or the token lacks read:packages or the user's access",
            "use a classic token with read:packages of a user who may see the package",
        ),
        _ => return None,
    })
}
