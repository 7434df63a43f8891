//! The versions of a package.

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::packages::Packages;
use crate::oci::{Digest, Tag};
use crate::registry::brand::{Listed, Listing};
use crate::registry::clock::time;
use crate::registry::error::Error;

/// How many versions a page has at most ("per_page", GitHub's REST API).
const PAGE: usize = 100;

/// A manifest with all its tags.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) id: u64,
    pub(super) digest: Digest,
    pub(super) tags: Vec<Tag>,
    created: Option<Timestamp>,
}

/// As GitHub describes it.
#[derive(Deserialize)]
struct Described {
    id: u64,
    name: String,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Timestamp>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    container: Option<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    tags: Vec<String>,
}

impl Described {
    /// `None` when it is no container's version.
    fn version(self) -> Option<Version> {
        let container = self.metadata.and_then(|metadata| metadata.container);
        let tags = container
            .map(|container| container.tags)
            .unwrap_or_default();
        let tags = tags.iter().map(|tag| tag.parse().ok());
        Some(Version {
            id: self.id,
            digest: self.name.parse().ok()?,
            tags: tags.collect::<Option<_>>()?,
            created: self.created_at,
        })
    }
}

/// The versions, page by page.
pub(super) struct Versions<'a> {
    packages: &'a Packages,
    next: Option<Url>,
    number: usize,
    /// `active` or `deleted`.
    state: &'static str,
    /// Whether the pages so far name the next one.
    linked: bool,
    seen: HashSet<u64>,
}

impl<'a> Versions<'a> {
    /// All that are not deleted.
    pub(super) async fn of(packages: &'a Packages) -> Result<Self, Error> {
        Self::in_state(packages, "active").await
    }

    async fn in_state(packages: &'a Packages, state: &'static str) -> Result<Self, Error> {
        let mut versions = Self {
            packages,
            state,
            next: None,
            number: 1,
            linked: false,
            seen: HashSet::new(),
        };
        versions.next = Some(versions.numbered().await?);
        Ok(versions)
    }

    /// The next page, without what was on an earlier one: pushes move versions to later pages.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<Version>>, Error> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        let answer = self.packages.ask(Method::GET, url, None).await?;
        if answer.status != 200 {
            return Err(self.packages.refused(&answer));
        }
        let described: Vec<Described> = answer.json()?;
        let length = described.len();
        let bad = || self.packages.bad_answer();
        let mut versions = Vec::new();
        for one in described {
            let version = one.version().ok_or_else(bad)?;
            if self.seen.insert(version.id) {
                versions.push(version);
            }
        }
        self.number += 1;
        let next = answer.next()?;
        self.linked |= next.is_some();
        self.next = match next {
            // Links are documented for organisations only.
            None if length >= PAGE && !self.linked => Some(self.numbered().await?),
            next => next,
        };
        if length == 0 {
            self.next = None;
        } else if versions.is_empty() && self.next.is_some() {
            // The same page again, and perhaps for ever.
            return Err(bad());
        }
        Ok(Some(versions))
    }

    async fn numbered(&self) -> Result<Url, Error> {
        let mut url = self.packages.url(&["versions"]).await?;
        url.query_pairs_mut()
            .append_pair("per_page", &PAGE.to_string())
            .append_pair("page", &self.number.to_string());
        if self.state != "active" {
            url.query_pairs_mut().append_pair("state", self.state);
        }
        Ok(url)
    }
}

impl Packages {
    /// All versions. `created_at` is when the manifest was pushed; `updated_at` also changes with
    /// its tags, and is no time of its own.
    pub(super) async fn listing(&self) -> Result<Listing, Error> {
        let mut listing = Listing {
            entries: Vec::new(),
            has_untagged: true,
        };
        let mut versions = Versions::of(self).await?;
        while let Some(page) = versions.page().await? {
            let entries = page.into_iter().map(|version| Listed {
                tags: version.tags,
                pushed: version.created,
                ..Listed::new(version.digest)
            });
            listing.entries.extend(entries);
        }
        Ok(listing)
    }

    /// The version of a manifest, if it is listed yet.
    pub(super) async fn find(&self, digest: &Digest) -> Result<Option<Version>, Error> {
        let mut versions = Versions::of(self).await?;
        while let Some(page) = versions.page().await? {
            let mut page = page.into_iter();
            if let Some(version) = page.find(|version| version.digest == *digest) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Restores the version of a manifest that was deleted in the last 30 days, with its tags;
    /// `false` when there is none, or none for whoever asks.
    pub(super) async fn restore(&self, digest: &Digest) -> Result<bool, Error> {
        let mut versions = Versions::in_state(self, "deleted").await?;
        let version = loop {
            let page = match versions.page().await {
                Err(Error::Refused(refusal)) if matches!(refusal.status, 401 | 403 | 404) => None,
                page => page?,
            };
            let Some(page) = page else {
                return Ok(false);
            };
            if let Some(version) = page.into_iter().find(|one| one.digest == *digest) {
                break version;
            }
        };
        let url = self
            .url(&["versions", &version.id.to_string(), "restore"])
            .await?;
        let answer = self.ask(Method::POST, url, None).await?;
        match answer.status {
            204 => Ok(true),
            401 | 403 | 404 => Ok(false),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Whether a version is the only one of its kind: the only tagged one or, if it has no tag,
    /// the only one.
    pub(super) async fn is_last(&self, version: &Version) -> Result<bool, Error> {
        let mut versions = Versions::of(self).await?;
        while let Some(page) = versions.page().await? {
            let mut others = page.iter().filter(|other| other.id != version.id);
            if others.any(|other| version.tags.is_empty() || !other.tags.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
