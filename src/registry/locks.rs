//! What a brand's list says may not be removed, for who wants to know it without trying.

use tokio::sync::OnceCell;

use super::brand::{Brand, Listed};
use super::error::Error;
use super::refusal::{Refusal, Why};
use crate::oci::{Digest, Reference, Tag};

/// How many requests are under way for the list.
const JOBS: usize = 8;

/// What is protected in a repository; it is listed once, when that is first asked for.
#[derive(Default)]
pub(super) struct Locks(OnceCell<Vec<Listed>>);

impl Locks {
    /// That a tag is not protected, as far as that is said.
    ///
    /// # Errors
    /// It is, by `service`.
    pub(super) async fn allow_tag(
        &self,
        brand: &dyn Brand,
        service: &str,
        tag: &Tag,
    ) -> Result<(), Error> {
        let subject = brand.remote().repository().tagged(tag.clone());
        let is_meant = |one: &Listed| one.tags.contains(tag);
        self.allow(brand, service, subject, is_meant).await
    }

    /// The same of a manifest, and of its tags, which go with it.
    ///
    /// # Errors
    /// One of them is, by `service`.
    pub(super) async fn allow_manifest(
        &self,
        brand: &dyn Brand,
        service: &str,
        digest: &Digest,
    ) -> Result<(), Error> {
        let subject = brand.remote().repository().at(digest.clone());
        let is_meant = |one: &Listed| one.digest == *digest;
        self.allow(brand, service, subject, is_meant).await
    }

    async fn allow(
        &self,
        brand: &dyn Brand,
        service: &str,
        subject: Reference,
        is_meant: impl Fn(&Listed) -> bool,
    ) -> Result<(), Error> {
        let list = || async {
            // Who may not list may remove all the same.
            let listing = brand.listing(JOBS).await.ok().flatten();
            let mut entries = listing.map(|listing| listing.entries).unwrap_or_default();
            entries.retain(|one| one.protected == Some(true));
            entries
        };
        if self.0.get_or_init(list).await.iter().any(is_meant) {
            return Err(protected(subject, service));
        }
        Ok(())
    }
}

/// The refusal of what a rule keeps, which need not be asked for.
pub(super) fn protected(subject: Reference, service: &str) -> Error {
    Error::Refused(Refusal {
        subject: subject.to_string(),
        service: service.to_owned(),
        status: 0,
        why: Why::Protected,
        said: None,
        advice: None,
    })
}
