//! Google Artifact Registry: roles.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(_: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    Some(match trouble {
        Trouble::Refused => Advice::new(
            "an access token of Google is good for an hour",
            "log in again (`dockside ci-env --oidc`)",
        ),
        Trouble::Denied(purpose) => {
            let role = match purpose {
                Purpose::Pull => "roles/artifactregistry.reader",
                Purpose::Push => "roles/artifactregistry.writer",
                Purpose::Delete => "roles/artifactregistry.repoAdmin",
            };
            Advice::new(
                "the identity has no role for this at the repository",
                format!("grant it {role} on the repository or its project"),
            )
        }
        Trouble::NoRepository => Advice::new(
            "nothing was pushed there yet, or Artifact Registry has no such repository: the path \
             begins with PROJECT/REPOSITORY, and a push makes neither",
            "make it with `gcloud artifacts repositories create`, or check the path",
        ),
        Trouble::Nobody => return None,
    })
}
