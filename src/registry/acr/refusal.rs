//! What the registry's refusals mean.

use std::time::{Duration, SystemTime};

use crate::http::Cause;
use crate::oci::{self, Digest, Remote, Tag};
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};

/// How errors name the registry.
const SERVICE: &str = "Azure Container Registry";

/// What a request is about.
pub(super) struct Subject {
    /// For people.
    name: String,
    /// The end of the command that unlocks it.
    lock: String,
}

impl Subject {
    /// A tag.
    pub(super) fn tag(remote: &Remote, tag: &Tag) -> Self {
        Self::image(remote, format!(":{tag}"))
    }

    /// A manifest.
    pub(super) fn manifest(remote: &Remote, digest: &Digest) -> Self {
        Self::image(remote, format!("@{digest}"))
    }

    fn image(remote: &Remote, reference: String) -> Self {
        let repository = remote.repository();
        Self {
            name: format!("{repository}{reference}"),
            lock: format!("--image {}{reference}", repository.path()),
        }
    }

    /// A repository.
    pub(super) fn repository(remote: &Remote) -> Self {
        let repository = remote.repository();
        Self {
            name: repository.to_string(),
            lock: format!("--repository {}", repository.path()),
        }
    }

    fn refused(&self, status: u16, why: Why, said: Option<String>) -> Refusal {
        Refusal {
            subject: self.name.clone(),
            service: SERVICE.to_owned(),
            status,
            why,
            said,
            advice: None,
        }
    }
}

/// An error of the distribution client as what it means here.
pub(super) fn refused(error: oci::Error, subject: &Subject) -> Error {
    match error {
        oci::Error::Refused {
            status: 405, said, ..
        } => {
            let refusal = subject.refused(405, Why::Protected, said);
            Error::Refused(refusal.advising(format!(
                "it is locked, or what belongs to it is (a tag and its manifest are locked each \
                 on its own): unlock both with `az acr repository update --name REGISTRY {} \
                 --delete-enabled true --write-enabled true`",
                subject.lock
            )))
        }
        oci::Error::Denied {
            status,
            said,
            asked,
            granted,
            needs,
            origin,
            ..
        } => {
            let needs = match needs.is_empty() {
                true => asked,
                false => needs.join(" "),
            };
            let granted = match granted.as_deref() {
                None => "what is not known",
                Some("") => "nothing",
                Some(granted) => granted,
            };
            let advice = format!(
                "this needs {needs}; granted was {granted}, by the credential {origin}; the role \
                 {} allows it",
                role(&needs)
            );
            let why = Why::NotAllowed { needs: Some(needs) };
            Error::Refused(subject.refused(status, why, said).advising(advice))
        }
        oci::Error::Http {
            source,
            subject: of,
        } => match limit(&source.cause) {
            Some((status, wait)) => {
                let until = wait.and_then(|wait| SystemTime::now().checked_add(wait));
                Error::Refused(subject.refused(status, Why::Limited { until }, None))
            }
            None => Error::Oci(oci::Error::Http {
                source,
                subject: of,
            }),
        },
        other => Error::Oci(other),
    }
}

/// The status, and how long to wait, when too many requests ended the work.
fn limit(cause: &Cause) -> Option<(u16, Option<Duration>)> {
    match cause {
        Cause::Wait { status, asked, .. } => Some((*status, Some(*asked))),
        Cause::Status {
            status: 429,
            retry_after,
            ..
        } => Some((429, *retry_after)),
        _ => None,
    }
}

/// The roles with an action: of the registry, and of single repositories (MicrosoftDocs,
/// `container-registry-rbac-built-in-roles-overview.md`).
fn role(needs: &str) -> &'static str {
    if needs.contains("delete") {
        "AcrDelete (with permissions by repository: Container Registry Repository Contributor)"
    } else {
        "AcrPull (with permissions by repository: Container Registry Repository Reader)"
    }
}
