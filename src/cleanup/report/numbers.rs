//! A repository in numbers, for programs.

use jiff::Timestamp;
use serde::Serialize;

use super::{Run, Summary};
use crate::error::Failure;
use crate::oci::Digest;

/// A repository in numbers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository<'a> {
    repo: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Digest>,
    deleted: Counts,
    kept: Counts,
    failed: u64,
    skipped: u64,
    not_begun: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freed_at_most: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Trouble>,
    gaps: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct Counts {
    manifests: u64,
    tags: u64,
}

#[derive(Serialize)]
struct Trouble {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl<'a> Repository<'a> {
    /// The numbers of a run.
    pub(super) fn new(run: &'a Run, dry_run: bool) -> Self {
        let summary = Summary::of(run, dry_run);
        let plan = run.plan.as_ref();
        let counts = |count: super::Count| Counts {
            manifests: count.manifests,
            tags: count.tags,
        };
        Self {
            repo: run.repository.to_string(),
            brand: plan.map(|plan| plan.brand.as_str()),
            taken: plan.map(|plan| plan.taken),
            policy: plan.map(|plan| &plan.policy),
            deleted: counts(summary.goes),
            kept: counts(summary.stays),
            failed: summary.failed,
            skipped: summary.skipped,
            not_begun: summary.not_begun,
            size: summary.size,
            freed: summary.freed,
            freed_at_most: summary.freed_at_most,
            refusal: run.refusal.as_ref().map(Trouble::new),
            failure: run.failure.as_ref().map(Trouble::new),
            gaps: plan.map(|plan| plan.gaps.as_slice()).unwrap_or_default(),
            notes: &run.notes,
        }
    }
}

impl Trouble {
    fn new(failure: &Failure) -> Self {
        Self {
            error: failure.message(),
            hint: failure.hint(),
        }
    }
}
