//! What refers to a manifest: signatures, SBOMs, attestations.

use std::sync::atomic::Ordering;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::descriptor::Descriptor;
use super::digest::Digest;
use super::error::{BadContent, Error};
use super::exchange::Answer;
use super::manifest::{BadManifest, MAX_DESCRIPTORS, MAX_MANIFEST, Manifest};
use super::manifests::damaged;
use super::media_type::{OCI_INDEX, essence};
use super::pages::Pages;
use super::reference::{Tag, Target};
use super::refusal::code;
use super::remote::Remote;
use super::rights::Right;

/// The most bytes of all pages together: as many referrers as one index lists at most take less.
const MAX_PAGES_LENGTH: usize = 2 * MAX_MANIFEST;

/// How much of a digest's digits stands in a fallback tag (OCI distribution specification,
/// "Referrers Tag Schema").
const TAG_DIGITS: usize = 64;

impl Remote {
    /// What refers to a manifest of this repository: by the referrers API, else by its fallback
    /// tag. Cosign's tags are not among them.
    ///
    /// # Errors
    /// As all requests.
    pub async fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Error> {
        if let Some(found) = self.listed_referrers(digest).await? {
            return Ok(found);
        }
        let target = Target::Tag(fallback_tag(digest)?);
        let manifest = self.manifest(&target).await?;
        Ok(manifest.map_or_else(Vec::new, |index| index.children().to_vec()))
    }

    /// What refers to a manifest by the referrers API alone; `None` where there is none, which is
    /// asked for once.
    ///
    /// # Errors
    /// As all requests.
    pub async fn listed_referrers(
        &self,
        digest: &Digest,
    ) -> Result<Option<Vec<Descriptor>>, Error> {
        if self.home().lacks_referrers.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.referrers_by_api(digest).await
    }

    /// All pages of the API; `None` where there is none.
    async fn referrers_by_api(&self, digest: &Digest) -> Result<Option<Vec<Descriptor>>, Error> {
        let path = format!("referrers/{digest}");
        let subject = format!("{}@{digest}: referrers", self.repository());
        let mut ask = self
            .ask(Method::GET, &path, self.right(Right::Pull), subject)
            .header(ACCEPT, OCI_INDEX);
        let mut pages = Pages::new(&ask.url);
        let (mut found, mut length, mut is_first) = (Vec::new(), 0, true);
        loop {
            let bad = |source: BadContent| damaged(ask.subject.clone(), source);
            let answer = self.fetch(&ask, MAX_MANIFEST, &mut self.retries()).await?;
            if is_first && !is_offered(&answer) {
                // A repository that does not exist says nothing about the registry.
                if !answer
                    .said()
                    .codes
                    .iter()
                    .any(|code| code == code::NAME_UNKNOWN)
                {
                    self.home().lacks_referrers.store(true, Ordering::Relaxed);
                }
                return Ok(None);
            }
            if answer.status != 200 {
                return Err(answer.refused(&ask.subject));
            }
            let page = answer.body.clone().ok_or(BadManifest::TooLong);
            let page = page.and_then(|body| {
                length += body.len();
                if length > MAX_PAGES_LENGTH {
                    return Err(BadManifest::TooLong);
                }
                let digest = Digest::of(&body);
                Manifest::parse(body, digest, Some(OCI_INDEX))
            });
            let page = page.map_err(|error| bad(error.into()))?;
            found.extend_from_slice(page.children());
            if found.len() > MAX_DESCRIPTORS {
                return Err(bad(BadManifest::TooMany(found.len()).into()));
            }
            if page.children().is_empty() {
                return Ok(Some(found));
            }
            match pages.turn(&answer.headers, &answer.url).map_err(bad)? {
                Some(url) => (ask.url, is_first) = (url, false),
                None => return Ok(Some(found)),
            }
        }
    }
}

/// The tag under which clients keep the list where the registry does not.
fn fallback_tag(digest: &Digest) -> Result<Tag, Error> {
    let digits: String = digest.hex().chars().take(TAG_DIGITS).collect();
    let tag = format!("{}-{digits}", digest.algorithm().name());
    tag.parse().map_err(|_| Error::NotFound { subject: tag })
}

/// Whether this is an answer of the API. Registries without it say so in many ways, web
/// interfaces with a page.
fn is_offered(answer: &Answer) -> bool {
    match answer.status {
        200 => answer
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|kind| matches!(essence(kind).as_str(), OCI_INDEX | "application/json")),
        400 | 404 | 405 | 406 | 501 => false,
        _ => true,
    }
}
