//! What Docker Hub's registry (registry-1.docker.io) does differently.

use std::time::SystemTime;

use super::{ABUSE, Error, Refusal, Why};
use crate::http::Cause;
use crate::oci::{self, Digest, Reference, Remote, Target};
use crate::registry::default::NOTHING;

/// Who refuses, for people.
const SERVICE: &str = "Docker Hub's registry";

/// What to do about the limit of pulls (docs.docker.com, "Docker Hub pull usage and limits").
const PULLS: &str = "this is the limit of pulls of this account or, without a login, of this \
                     address, in six hours: log in, wait, or use a subscription that has none";

/// Removes a manifest that has no tag; `false` when it was not there. A refusal means that it has
/// one still, or that another manifest refers to it, as it is known that whoever asks may delete
/// ([`check_deletes`]).
pub(super) async fn delete(remote: &Remote, digest: &Digest) -> Result<bool, Error> {
    let target = Target::Digest(digest.clone());
    match remote.clone().writing().delete(&target).await {
        Err(oci::Error::Denied { status, said, .. }) => Err(Error::Refused(Refusal {
            subject: remote.repository().at(digest.clone()).to_string(),
            service: SERVICE.to_owned(),
            status,
            why: Why::InUse,
            said,
            advice: Some(
                "only what has no tag and is in no index is deleted: if tags were pushed \
                 meanwhile, run the command again; else delete the index, and then this"
                    .to_owned(),
            ),
        })),
        // With some 500 it goes on deleting.
        Err(error @ oci::Error::Http { .. }) => match remote.head(&target).await {
            Ok(None) => Ok(true),
            _ => Err(told(error)),
        },
        done => done.map_err(told),
    }
}

/// That whoever asks may delete, by a digest that nothing has.
///
/// # Errors
/// They may not.
pub(super) async fn check_deletes(remote: &Remote) -> Result<(), Error> {
    let Ok(nothing) = NOTHING.parse() else {
        return Ok(());
    };
    let target = Target::Digest(nothing);
    match remote.clone().writing().delete(&target).await {
        Err(oci::Error::Refused { status: 405, .. }) => Err(Error::Unsupported {
            subject: remote.repository().to_string(),
            what: "delete manifests",
            instead: "remove the tags with `dockside untag`; Docker Hub's web pages delete the \
                      images (Image Management)",
        }),
        done => done.map(|_| ()).map_err(told),
    }
}

/// The error that a rule keeps a tag.
pub(super) fn protected(tag: Reference) -> Error {
    Error::Refused(Refusal {
        subject: tag.to_string(),
        service: super::TITLE.to_owned(),
        status: 200,
        why: Why::Protected,
        said: None,
        advice: Some("a rule makes it immutable: change the repository's settings first".into()),
    })
}

/// The same error; one of a limit says which.
pub(super) fn limited(error: Error) -> Error {
    match error {
        Error::Oci(error) => told(error),
        other => other,
    }
}

/// The same error; one of a limit says which.
pub(super) fn told(error: oci::Error) -> Error {
    let oci::Error::Http { subject, source } = &error else {
        return Error::Oci(error);
    };
    let (status, until, said, advice) = match &*source.cause {
        Cause::Wait { status, asked, .. } if source.cause.is_rate_limit() => {
            (*status, SystemTime::now().checked_add(*asked), None, None)
        }
        // The limit of pulls is an error of the registry's API, that of abuse is bare.
        Cause::Status { status, said, .. } if source.cause.is_rate_limit() => {
            let advice = if said.is_some() { PULLS } else { ABUSE };
            (*status, None, said.clone(), Some(advice.to_owned()))
        }
        _ => return Error::Oci(error),
    };
    Error::Refused(Refusal {
        subject: subject.clone(),
        service: SERVICE.to_owned(),
        status,
        why: Why::Limited { until },
        said,
        advice,
    })
}
