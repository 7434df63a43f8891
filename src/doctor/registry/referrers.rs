//! Whether the registry lists what refers to an image: signatures, SBOMs.

use futures_util::future::BoxFuture;

use super::Check;
use super::visit::{Pull, Visit};
use crate::doctor::finding::Remark;
use crate::oci::Digest;

/// A digest that nothing has: of it the registry lists nothing, if it lists at all.
const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The referrers API.
pub(super) struct Referrers;

impl Check for Referrers {
    fn name(&self) -> &'static str {
        "referrers"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            if !matches!(visit.pull().await, Some(Pull::Works)) {
                return Vec::new();
            }
            let nothing = NOTHING.parse::<Digest>().ok();
            let (Some(remote), Some(nothing)) = (visit.ready().await, nothing) else {
                return Vec::new();
            };
            match remote.listed_referrers(&nothing).await {
                Ok(Some(_)) => vec![Remark::ok("the referrers API is there")],
                Ok(None) => vec![Remark::ok(
                    "no referrers API: signatures and SBOMs are found by their tags (sha256-...)",
                )],
                Err(_) => Vec::new(),
            }
        })
    }
}
