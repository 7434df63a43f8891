//! GitLab's registry: job tokens, deploy tokens, access tokens.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let path = case.path();
    let own = case.env.utf8("CI_PROJECT_PATH").unwrap_or_default();
    let is_other = case.job_token().is_some() && !own.is_empty() && !is_below(path, own);
    Some(match trouble {
        Trouble::Refused if case.job_token().is_some() => Advice::new(
            "a job token ends with its job, and the registry of another instance does not know it",
            "log in within the job itself (`dockside ci-env gitlab`), with CI_REGISTRY of this instance",
        ),
        Trouble::Refused => Advice::new(
            "the user or token is wrong or has ended; a user with two-factor authentication needs \
             a token; after many failed logins GitLab refuses right ones for an hour too",
            "use the job token, a deploy token, or an access token with read_registry and \
             write_registry",
        ),
        Trouble::Denied(Purpose::Pull) | Trouble::NoRepository if is_other => Advice::new(
            format!("the job token is of {own}, and the repository belongs to another project"),
            format!(
                "in that project, add {own} under Settings > CI/CD > Job token permissions, and let \
                 whoever starts the job be a member of it"
            ),
        ),
        Trouble::Denied(Purpose::Push | Purpose::Delete) if is_other => Advice::new(
            format!("the job token is of {own}, and writes only to the registry of that project"),
            "use a deploy token or project access token of the other project, with write_registry",
        ),
        Trouble::Denied(Purpose::Push) => Advice::new(
            "the login may only read: its token lacks write_registry, its user is below Developer, \
             or the repository is protected",
            "use a token with write_registry; see Settings > Packages and registries > Protected \
             containers",
        ),
        Trouble::Denied(Purpose::Delete) => Advice::new(
            "deploy tokens never delete, and users do from Developer or Maintainer on",
            "delete with the job token of the project itself, or an access token of a Maintainer",
        ),
        _ => return None,
    })
}

/// Whether a repository belongs to a project.
fn is_below(path: &str, project: &str) -> bool {
    let rest = path.strip_prefix(&project.to_lowercase());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
