//! What Harbor lists.

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;

use super::Repository;
use crate::oci::{Digest, Platform, Tag};
use crate::registry::api::{Answer, Ask};
use crate::registry::brand::{Listed, Listing};
use crate::registry::clock::time;
use crate::registry::error::Error;

/// How many artifacts a page has: the most that Harbor gives.
const PAGE: usize = 100;

/// How often a list is begun again that changed while it was read.
const TRIES: usize = 4;

/// An artifact. What is absent is `null` in some versions.
#[derive(Deserialize)]
struct Artifact {
    digest: Digest,
    size: Option<u64>,
    #[serde(default, deserialize_with = "time")]
    push_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pull_time: Option<Timestamp>,
    manifest_media_type: Option<String>,
    artifact_type: Option<String>,
    references: Option<Vec<Child>>,
    extra_attrs: Option<Config>,
    tags: Option<Vec<Named>>,
}

/// A manifest that an index lists.
#[derive(Deserialize)]
struct Child {
    platform: Option<Platform>,
}

/// What Harbor read in an image's config.
#[derive(Deserialize)]
struct Config {
    #[serde(default, deserialize_with = "time")]
    created: Option<Timestamp>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

/// A tag of an artifact.
#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default, deserialize_with = "time")]
    push_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pull_time: Option<Timestamp>,
    immutable: Option<bool>,
}

/// A list, as far as it has been read.
#[derive(Default)]
struct Pages {
    seen: HashSet<Digest>,
    entries: Vec<Listed>,
    /// How many there are, by `X-Total-Count`.
    total: Option<usize>,
}

impl Repository {
    /// All that has tags, in pages. The pages are counted by place, so that what is removed
    /// meanwhile moves others to a page that has been read; then the list is begun again.
    pub(super) async fn list(&self) -> Result<Listing, Error> {
        for _ in 0..TRIES {
            if let Some(entries) = self.pages().await? {
                return Ok(Listing {
                    entries,
                    has_untagged: false,
                });
            }
        }
        Err(self.incomplete())
    }

    fn incomplete(&self) -> Error {
        Error::Answer {
            subject: self.subject.clone(),
            service: "Harbor".to_owned(),
            line: 0,
        }
    }

    /// The list; `None` when it changed while it was read.
    async fn pages(&self) -> Result<Option<Vec<Listed>>, Error> {
        let mut url = self.url(&["artifacts"]);
        url.query_pairs_mut()
            .append_pair("page", "1")
            .append_pair("page_size", &PAGE.to_string())
            .append_pair("with_tag", "true")
            .append_pair("with_immutable_status", "true")
            .append_pair("q", "tags=*")
            .append_pair("sort", "push_time");
        let mut asked = HashSet::new();
        let mut pages = Pages::default();
        let mut next = Some(url);
        while let Some(url) = next {
            if !asked.insert(url.clone()) {
                return Err(self.incomplete());
            }
            let ask = Ask::new(Method::GET, url, &self.subject);
            let answer = self.api.send(&ask).await?;
            if answer.status != 200 {
                return Err(self.refused(&answer, "the permission to list artifacts"));
            }
            let artifacts: Vec<Artifact> = answer.json()?;
            next = answer.next()?;
            let total = total(&answer);
            // Without a count and a link nothing says whether there is more.
            if total.is_none() && next.is_none() && artifacts.len() >= PAGE {
                return Err(self.incomplete());
            }
            if pages.total.is_some_and(|before| total < Some(before)) {
                return Ok(None);
            }
            pages.total = total;
            for artifact in artifacts {
                pages.take(&artifact).ok_or_else(|| self.incomplete())?;
            }
        }
        let is_whole = pages.total.is_none_or(|total| pages.seen.len() >= total);
        Ok(is_whole.then_some(pages.entries))
    }
}

impl Repository {
    /// The tags of an artifact; `None` when it is not there.
    pub(super) async fn tags_of(&self, digest: &Digest) -> Result<Option<Vec<Tag>>, Error> {
        let mut url = self.url(&["artifacts", &digest.to_string()]);
        url.query_pairs_mut().append_pair("with_tag", "true");
        let answer = self
            .api
            .send(&Ask::new(Method::GET, url, &self.subject))
            .await?;
        match answer.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refused(&answer, "the permission to read artifacts")),
        }
        let tags = answer.json::<Artifact>()?.tags.unwrap_or_default();
        let tags = tags.iter().map(|tag| tag.name.parse().ok());
        let tags = tags.collect::<Option<_>>();
        tags.map(Some).ok_or_else(|| self.incomplete())
    }
}

fn total(answer: &Answer) -> Option<usize> {
    answer.header("x-total-count")?.parse().ok()
}

impl Pages {
    /// Takes an artifact, unless a page before has had it; `None` when it has a tag that is none.
    /// Each tag is an entry: Harbor keeps times for each.
    fn take(&mut self, artifact: &Artifact) -> Option<()> {
        if !self.seen.insert(artifact.digest.clone()) {
            return Some(());
        }
        let whole = artifact.listed();
        let tags = artifact.tags.as_deref().unwrap_or_default();
        if tags.is_empty() {
            self.entries.push(whole);
            return Some(());
        }
        for tag in tags {
            self.entries.push(Listed {
                tags: vec![tag.name.parse().ok()?],
                pushed: tag.push_time.or(whole.pushed),
                // A pull by digest counts for the artifact alone.
                pulled: tag.pull_time.max(whole.pulled),
                protected: tag.immutable,
                ..whole.clone()
            });
        }
        Some(())
    }
}

impl Artifact {
    /// What it says of itself.
    fn listed(&self) -> Listed {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let config = self.extra_attrs.as_ref();
        let children = self.references.as_deref().unwrap_or_default();
        let platforms = children.iter().filter_map(|child| child.platform.clone());
        let mut platforms: Vec<Platform> = platforms
            .filter(|platform| platform.os != "unknown")
            .collect();
        platforms.extend(config.and_then(Config::platform));
        Listed {
            media_type: said(&self.manifest_media_type),
            artifact_type: said(&self.artifact_type),
            size: self.size,
            platforms: (!platforms.is_empty()).then_some(platforms),
            pushed: self.push_time,
            created: config.and_then(|config| config.created),
            pulled: self.pull_time,
            ..Listed::new(self.digest.clone())
        }
    }
}

impl Config {
    fn platform(&self) -> Option<Platform> {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Some(Platform {
            os: said(&self.os)?,
            architecture: said(&self.architecture)?,
            variant: said(&self.variant),
            os_version: None,
            os_features: Vec::new(),
        })
    }
}
