//! The list of tags of Docker Hub's API: `GET /v2/namespaces/NS/repositories/R/tags`.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::Error;
use super::hub::Hub;
use crate::oci::{Digest, Platform, Tag};
use crate::registry::Listed;
use crate::registry::clock::time;

/// How many tags a page has at most.
const PAGE: usize = 100;

/// How many pages are followed: a hundred times what the largest repositories have.
const MAX_PAGES: usize = 100_000;

/// How often a list is read that changes meanwhile.
const ATTEMPTS: usize = 3;

/// A page of the list.
#[derive(Deserialize)]
struct Page {
    /// How many tags there are on all pages.
    count: usize,
    next: Option<String>,
    results: Vec<Entry>,
}

/// A tag.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    digest: Option<String>,
    media_type: Option<String>,
    full_size: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    last_updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    tag_last_pushed: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    tag_last_pulled: Option<Timestamp>,
    images: Option<Vec<Image>>,
}

/// An image that a tag names, itself or through an index.
#[derive(Deserialize)]
struct Image {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

impl Entry {
    /// What it names, which older tags do not say.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.digest.as_deref()?.parse().ok()
    }

    /// The same as brands list it.
    pub(super) fn listed(self, tag: Tag, digest: Digest) -> Listed {
        let images = self.images.unwrap_or_default();
        let platforms: Vec<Platform> = images.into_iter().filter_map(Image::platform).collect();
        Listed {
            tags: vec![tag],
            media_type: self.media_type.filter(|kind| !kind.is_empty()),
            size: self.full_size.and_then(|size| u64::try_from(size).ok()),
            platforms: (!platforms.is_empty()).then_some(platforms),
            pushed: self.tag_last_pushed.or(self.last_updated),
            pulled: self.tag_last_pulled,
            ..Listed::new(digest)
        }
    }
}

impl Image {
    /// What it runs on, unless it is an attestation.
    fn platform(self) -> Option<Platform> {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "unknown");
        Some(Platform {
            os: said(self.os)?,
            architecture: said(self.architecture)?,
            variant: said(self.variant),
            ..Platform::default()
        })
    }
}

/// How the pages of a list are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By their numbers, so many at once.
    Numbers(usize),
    /// One after the other, as each says.
    Next,
}

/// All tags, in the order of the API; `None` when they cannot be got complete: the pages do not
/// fit together, again and again.
///
/// # Errors
/// As all requests; there is no such repository.
pub(super) async fn list(hub: &Hub, jobs: usize) -> Result<Option<Vec<Entry>>, Error> {
    for attempt in 0..ATTEMPTS {
        let way = match attempt {
            0 => Way::Numbers(jobs),
            _ => Way::Next,
        };
        if let Some(entries) = read(hub, way).await? {
            return Ok(Some(entries));
        }
    }
    Ok(None)
}

/// All tags, if they are as many as each page says that there are: a tag that is removed while
/// the pages are read moves another one to a page that was read already.
async fn read(hub: &Hub, way: Way) -> Result<Option<Vec<Entry>>, Error> {
    let Some(first) = page(hub, hub.tags(1, PAGE)).await? else {
        return Err(hub.missing());
    };
    let count = first.count;
    let mut all = Collected::new(first.results);
    match (way, first.next) {
        (_, None) => {}
        (Way::Numbers(jobs), Some(_)) => {
            let last = count.div_ceil(PAGE).min(MAX_PAGES);
            let pages = stream::iter(2..=last).map(|n| page(hub, hub.tags(n, PAGE)));
            let mut pages = pages.buffered(jobs);
            while let Some(page) = pages.try_next().await? {
                // Beyond the end, which has come nearer.
                let Some(page) = page.filter(|page| page.count == count) else {
                    return Ok(None);
                };
                all.add(page.results);
            }
        }
        (Way::Next, Some(next)) => {
            let mut next = Some(next);
            for _ in 0..MAX_PAGES {
                let Some(url) = next else { break };
                let Some(page) = page(hub, hub.follow(&url)?).await? else {
                    return Ok(None);
                };
                if page.count != count || !all.add(page.results) {
                    return Ok(None);
                }
                next = page.next;
            }
        }
    }
    Ok((all.entries.len() == count).then_some(all.entries))
}

async fn page(hub: &Hub, url: Url) -> Result<Option<Page>, Error> {
    hub.get(url).await?.map(|answer| answer.json()).transpose()
}

/// Tags, each once.
struct Collected {
    names: HashSet<String>,
    entries: Vec<Entry>,
}

impl Collected {
    fn new(entries: Vec<Entry>) -> Self {
        let mut all = Self {
            names: HashSet::new(),
            entries: Vec::new(),
        };
        all.add(entries);
        all
    }

    /// Adds a page; whether there was anything new in it.
    fn add(&mut self, entries: Vec<Entry>) -> bool {
        let before = self.entries.len();
        for entry in entries {
            if self.names.insert(entry.name.clone()) {
                self.entries.push(entry);
            }
        }
        self.entries.len() > before
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::oci::Digest;

    #[test]
    fn what_is_not_said_is_not_known() {
        let digest = Digest::of(b"");
        let read = |text: &str| {
            let entry: Entry = serde_json::from_str(text).unwrap();
            entry.listed("v1".parse().unwrap(), digest.clone())
        };
        let bare = read(r#"{"name":"v1","images":null,"full_size":null,"digest":null}"#);
        assert_eq!(bare.tags.len(), 1);
        assert_eq!((bare.size, bare.pushed, bare.platforms), (None, None, None));
        let odd = read(
            r#"{"name":"v1","full_size":-1,"media_type":"","tag_last_pushed":"0001-01-01T00:00:00Z",
                "last_updated":"2026-01-02T03:04:05.678901Z",
                "images":[{"os":"unknown","architecture":"unknown"},
                          {"os":"linux","architecture":"arm","variant":"v7","size":1},
                          {"os":"","architecture":"","variant":""}]}"#,
        );
        assert_eq!((odd.size, odd.media_type, odd.pulled), (None, None, None));
        assert_eq!(
            odd.pushed.unwrap().to_string(),
            "2026-01-02T03:04:05.678901Z"
        );
        let platforms: Vec<String> = odd
            .platforms
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(platforms, ["linux/arm/v7"]);
    }
}
