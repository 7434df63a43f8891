//! What the refusals of GitLab's registry mean.

use crate::oci;
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};

/// Who refuses, in errors.
const SERVICE: &str = "GitLab";

/// Who may delete ("Container registry authentication service" of GitLab: the action `delete`).
pub(super) const DELETERS: &str = "a CI_JOB_TOKEN of the project itself, or a user's, project's or \
                                   group's access token with write_registry and at least the role \
                                   Developer or Maintainer, as the project's rules say; deploy \
                                   tokens cannot delete";

/// The error of a deletion, with what GitLab means by it.
pub(super) fn explained(error: Error) -> Error {
    match error {
        Error::Oci(error) => of_registry(error),
        other => other,
    }
}

fn of_registry(error: oci::Error) -> Error {
    let protected = "a rule of the project protects it: see the project's Settings > Packages and \
                     registries > Container registry; a rule that is changed counts from the next \
                     login on";
    let known: [(&str, Why, &str); 4] = [
        ("PROTECTED_TAG", Why::Protected, protected),
        ("IMMUTABLE_TAG", Why::Protected, protected),
        (
            "PROTECTED_MANIFEST",
            Why::Protected,
            "where tags of a project are protected, no image can be deleted by its digest: remove \
             its tags with `dockside untag`, and GitLab collects it",
        ),
        (
            "MANIFEST_REFERENCED",
            Why::InUse,
            "an index lists it: delete that first",
        ),
    ];
    match error {
        oci::Error::Refused {
            subject,
            status,
            codes,
            said,
        } => {
            let rule = known
                .iter()
                .find(|(code, ..)| codes.iter().any(|one| one == code));
            match rule {
                Some((_, why, advice)) => Refusal {
                    subject,
                    service: SERVICE.to_owned(),
                    status,
                    why: why.clone(),
                    said,
                    advice: Some((*advice).to_owned()),
                }
                .into(),
                None => oci::Error::Refused {
                    subject,
                    status,
                    codes,
                    said,
                }
                .into(),
            }
        }
        oci::Error::Denied {
            subject,
            status,
            said,
            asked,
            granted,
            origin,
            ..
        } => Refusal {
            subject,
            service: SERVICE.to_owned(),
            status,
            why: Why::NotAllowed {
                needs: Some(DELETERS.to_owned()),
            },
            said,
            advice: Some(match granted {
                Some(granted) => format!(
                    "asked for {asked}; granted {granted}; credential: {origin}; this needs \
                     {DELETERS}"
                ),
                None => format!("asked for {asked}; credential: {origin}; this needs {DELETERS}"),
            }),
        }
        .into(),
        other => other.into(),
    }
}
