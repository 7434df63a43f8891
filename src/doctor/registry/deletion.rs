//! Whether the registry deletes at all, and single tags.

use futures_util::future::BoxFuture;

use super::Check;
use super::visit::{Pull, Visit};
use crate::doctor::Purpose;
use crate::doctor::finding::Remark;
use crate::oci::{Extension, Remote};
use crate::registry::{Error, is_plain};

/// What can be deleted there.
pub(super) struct Deletion;

impl Check for Deletion {
    fn name(&self) -> &'static str {
        "deletion"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            if !matches!(visit.pull().await, Some(Pull::Works)) {
                return Vec::new();
            }
            let is_plain = visit.family().await.is_none_or(is_plain);
            let (Some(remote), true) = (visit.ready().await, is_plain) else {
                return Vec::new();
            };
            let mut remarks: Vec<Remark> = tags(remote).await.into_iter().collect();
            match (visit.ward.try_delete, visit.purpose()) {
                (true, _) => remarks.extend(tried(visit).await),
                (false, Some(Purpose::Delete)) => remarks.push(untried(visit)),
                (false, _) => {}
            }
            remarks
        })
    }
}

/// Distribution 3 refuses a length that distribution 2 passes over, and deletes single tags.
async fn tags(remote: &Remote) -> Option<Remark> {
    let mut url = remote.url(&format!("/v2/{}/tags/list", remote.repository().path()));
    url.set_query(Some("n=-1"));
    let answer = remote
        .extension(&Extension::get(url, &["pull"]))
        .await
        .ok()?;
    let is_3 = answer
        .said
        .codes
        .iter()
        .any(|code| code == "PAGINATION_NUMBER_INVALID");
    Some(Remark::ok(match is_3 {
        true => "single tags can be deleted, if deletion is switched on (distribution 3)",
        false => {
            "a single tag is removed by moving it to an empty image, if deletion is switched on \
             (distribution 2)"
        }
    }))
}

/// No answer to a GET, HEAD or OPTIONS tells it: distribution names DELETE as allowed either way
/// (`manifestDispatcher` in `registry/handlers/manifests.go`).
fn untried(visit: &Visit<'_>) -> Remark {
    Remark::note("it is not known whether deletion is switched on")
        .because(
            "distribution says it only to a DELETE, and nothing is sent that is more than a look",
        )
        .cure(format!(
            "add --try-delete, which sends one DELETE of a digest that nothing has, or look for \
             `storage.delete.enabled` in the configuration of {}",
            visit.patient.registry
        ))
}

/// Whether deletion is switched on: distribution says so to a request to delete what cannot be
/// there, which changes nothing. It is made only where the user says so.
async fn tried(visit: &Visit<'_>) -> Option<Remark> {
    let brand = visit.opened().await?;
    match brand.base().foresee_deletion().await {
        Ok(()) => Some(Remark::ok("deletion is switched on")),
        Err(Error::Unsupported { .. }) => Some(
            Remark::problem("deletion is switched off (status 405)")
                .because(
                    "distribution deletes only where its operator allows it, and mirrors never do",
                )
                .cure("set `storage.delete.enabled: true` in the registry's configuration"),
        ),
        // That it is not allowed is said of the rights.
        Err(_) => None,
    }
}
