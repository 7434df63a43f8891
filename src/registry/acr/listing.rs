//! All manifests of a repository with their tags, page by page.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::refusal::{Subject, refused};
use super::{names_what_is_missing, no_such_api};
use crate::oci::media_type::{DOCKER_LIST, OCI_INDEX};
use crate::oci::{self, BadContent, Digest, Extended, Extension, Platform, Remote, Tag, link};
use crate::registry::brand::{Listed, Listing};
use crate::registry::error::Error;
use crate::registry::image::is_image_config;

/// How many manifests a page has: as many as Azure's own tools ask for. What the most is, nothing
/// says.
const PAGE: &str = "100";

/// What the token must allow.
const ACTIONS: &[&str] = &["metadata_read"];

/// A page.
#[derive(Deserialize)]
struct Page {
    /// The description does not say that it is there when there are none.
    #[serde(default)]
    manifests: Option<Vec<Entry>>,
}

/// What the registry says of a manifest. All but its digest may be missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: Digest,
    #[serde(default)]
    tags: Option<Vec<String>>,
    image_size: Option<u64>,
    /// When it came.
    created_time: Option<String>,
    /// When it came again, or was changed: tagged, untagged, locked, unlocked.
    last_update_time: Option<String>,
    architecture: Option<String>,
    os: Option<String>,
    media_type: Option<String>,
    config_media_type: Option<String>,
    changeable_attributes: Option<Locks>,
}

/// What may be done with it. What is not said is allowed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locks {
    delete_enabled: Option<bool>,
    write_enabled: Option<bool>,
}

impl Locks {
    /// What cannot be written cannot be deleted either (`container-registry-image-lock.md`).
    fn hold(&self) -> bool {
        self.delete_enabled == Some(false) || self.write_enabled == Some(false)
    }
}

impl Entry {
    /// Unless it has what is no tag.
    fn listed(self) -> Option<Listed> {
        let tags = self.tags.unwrap_or_default();
        let tags: Result<Vec<Tag>, _> = tags.iter().map(|tag| tag.parse()).collect();
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let media_type = said(self.media_type);
        let is_index = matches!(media_type.as_deref(), Some(OCI_INDEX | DOCKER_LIST));
        let platform = match (said(self.os), said(self.architecture)) {
            (Some(os), Some(architecture)) if !is_index => Some(Platform {
                os,
                architecture,
                variant: None,
                os_version: None,
                os_features: Vec::new(),
            }),
            _ => None,
        };
        let config = said(self.config_media_type);
        Some(Listed {
            tags: tags.ok()?,
            artifact_type: config.filter(|config| !is_image_config(config)),
            // Of an index the registry does not reckon it.
            size: self.image_size.filter(|size| *size > 0),
            platforms: platform.map(|platform| vec![platform]),
            // The later of two clocks: what may be new is not taken for old.
            pushed: time(self.last_update_time).or(time(self.created_time)),
            protected: self.changeable_attributes.map(|locks| locks.hold()),
            media_type,
            ..Listed::new(self.digest)
        })
    }
}

/// A time, unless it stands for none: the first of all years, or the beginning of Unix's.
fn time(text: Option<String>) -> Option<Timestamp> {
    let time: Timestamp = text?.parse().ok()?;
    (time.as_second() > 0).then_some(time)
}

/// All of them, beginning at this address.
///
/// # Errors
/// As all requests; a list that has no end, or goes on where cannot be understood.
pub(super) async fn list(remote: &Remote, mut first: Url) -> Result<Listing, Error> {
    first.query_pairs_mut().append_pair("n", PAGE);
    let mut listing = Listing {
        entries: Vec::new(),
        has_untagged: true,
    };
    let mut asked = HashSet::new();
    let mut next = Some(first);
    while let Some(url) = next {
        if !asked.insert(url.clone()) {
            return Err(bad(remote, "the list has no end"));
        }
        let answer = page(remote, url).await?;
        let page: Page = answer.json()?;
        let entries = page.manifests.unwrap_or_default();
        let entries: Option<Vec<Listed>> = entries.into_iter().map(Entry::listed).collect();
        listing
            .entries
            .extend(entries.ok_or_else(|| bad(remote, "what it lists is no tag"))?);
        let links = answer.headers.get_all("link").iter();
        next = link::next(links.map(|link| link.as_bytes()), &answer.url)
            .map_err(|error| bad(remote, &error.to_string()))?;
    }
    Ok(listing)
}

async fn page(remote: &Remote, url: Url) -> Result<Extended, Error> {
    let answer = remote.extension(&Extension::get(url, ACTIONS)).await;
    let subject = Subject::repository(remote);
    let answer = answer.map_err(|error| refused(error, &subject))?;
    match answer.status {
        200 => Ok(answer),
        404 if !names_what_is_missing(&answer) => Err(no_such_api(remote)),
        _ => Err(refused(answer.refused(), &subject)),
    }
}

fn bad(remote: &Remote, reason: &str) -> Error {
    Error::Oci(oci::Error::Content {
        subject: format!("{}: manifests", remote.repository()),
        source: BadContent::Answer(reason.to_owned()),
    })
}
