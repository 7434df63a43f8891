//! What an image repository holds, by the REST API: all its versions, and all its tags.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::name::Name;
use super::service::{SERVICE, Service};
use super::value::{number, time};
use crate::oci::{Digest, Platform, Tag};
use crate::registry::{Error, Listed, Listing};

/// The largest page.
const PAGE: &str = "1000";

/// How many pages are followed: a hundred times what the largest repositories hold.
const MAX_PAGES: usize = 100_000;

/// A page of versions, or of tags.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    versions: Vec<Version>,
    #[serde(default)]
    tags: Vec<Named>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    name: String,
    create_time: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

/// What is known of an image (`DockerImage`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    image_size_bytes: Value,
    media_type: Option<String>,
    build_time: Option<String>,
    artifact_type: Option<String>,
    image_manifests: Vec<Child>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Child {
    os: String,
    architecture: String,
    variant: Option<String>,
    os_version: Option<String>,
    os_features: Vec<String>,
}

/// A tag, and the version that it names.
#[derive(Deserialize)]
struct Named {
    name: String,
    version: String,
}

/// Asks for all versions and all tags: a version itself names a hundred of its tags at most.
///
/// # Errors
/// No answer, a refusal, or something else than a list.
pub(super) async fn list(service: &Service, name: &Name, package: &str) -> Result<Listing, Error> {
    let bad = || Error::Answer {
        subject: service.subject().to_owned(),
        service: SERVICE.to_owned(),
        line: 0,
    };
    let mut entries = Vec::new();
    let mut places = HashMap::new();
    let list = ["versions", "artifactregistry.versions.list"];
    let mut pages = Pages::new(service, name, package, list);
    while let Some(page) = pages.next().await? {
        for version in page.versions {
            let digest: Digest = last(&version.name).parse().map_err(|_| bad())?;
            // Pages that overlap because something was pushed name a version twice.
            places.entry(digest.clone()).or_insert_with(|| {
                entries.push(version.listed(digest));
                entries.len() - 1
            });
        }
    }
    let list = ["tags", "artifactregistry.tags.list"];
    let mut pages = Pages::new(service, name, package, list);
    let mut seen = HashSet::new();
    while let Some(page) = pages.next().await? {
        for named in page.tags {
            let tag: Tag = last(&named.name).parse().map_err(|_| bad())?;
            let digest: Digest = last(&named.version).parse().map_err(|_| bad())?;
            if !seen.insert(tag.clone()) {
                continue;
            }
            // What was pushed between the two lists is in the second one only.
            let place = *places.entry(digest.clone()).or_insert_with(|| {
                entries.push(Listed::new(digest));
                entries.len() - 1
            });
            if let Some(entry) = entries.get_mut(place) {
                entry.tags.push(tag);
            }
        }
    }
    Ok(Listing {
        entries,
        has_untagged: true,
    })
}

/// A list of the REST API, page after page.
struct Pages<'a> {
    service: &'a Service,
    name: &'a Name,
    package: &'a str,
    collection: &'a str,
    needs: &'a str,
    /// The tokens of the pages so far, of which none may come again.
    asked: HashSet<String>,
    next: Option<String>,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn new(
        service: &'a Service,
        name: &'a Name,
        package: &'a str,
        [collection, needs]: [&'a str; 2],
    ) -> Self {
        Self {
            service,
            name,
            package,
            collection,
            needs,
            asked: HashSet::new(),
            next: None,
            ended: false,
        }
    }

    /// The next page, which may be empty; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Page>, Error> {
        if self.ended {
            return Ok(None);
        }
        let path = [
            &self.name.repository,
            "packages",
            self.package,
            self.collection,
        ];
        let mut url = self.service.url(&self.name.segments(&path));
        // What writes a query cannot wait for an answer.
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("pageSize", PAGE);
            if self.collection == "versions" {
                query.append_pair("view", "FULL");
            }
            if let Some(token) = &self.next {
                query.append_pair("pageToken", token);
            }
        }
        let page: Page = self.service.get(url, self.needs).await?.json()?;
        self.next = page
            .next_page_token
            .clone()
            .filter(|token| !token.is_empty());
        self.ended = self.next.is_none();
        if let Some(token) = &self.next
            && (self.asked.len() >= MAX_PAGES || !self.asked.insert(token.clone()))
        {
            return Err(Error::Answer {
                subject: self.service.subject().to_owned(),
                service: SERVICE.to_owned(),
                line: 0,
            });
        }
        Ok(Some(page))
    }
}

impl Version {
    fn listed(self, digest: Digest) -> Listed {
        let Metadata {
            image_size_bytes,
            media_type,
            build_time,
            artifact_type,
            image_manifests,
        } = self.metadata;
        let is_known = |child: &Child| !child.os.is_empty() && child.os != "unknown";
        let platforms: Vec<_> = image_manifests.into_iter().filter(is_known).collect();
        let platforms = platforms
            .into_iter()
            .map(Platform::from)
            .collect::<Vec<_>>();
        Listed {
            media_type: media_type.filter(|kind| !kind.is_empty()),
            artifact_type: artifact_type.filter(|kind| !kind.is_empty()),
            size: number(&image_size_bytes).and_then(|size| size.try_into().ok()),
            platforms: (!platforms.is_empty()).then_some(platforms),
            pushed: self.create_time.as_deref().and_then(time),
            created: build_time.as_deref().and_then(time),
            ..Listed::new(digest)
        }
    }
}

impl From<Child> for Platform {
    fn from(child: Child) -> Self {
        Self {
            os: child.os,
            architecture: child.architecture,
            variant: child.variant.filter(|variant| !variant.is_empty()),
            os_version: child.os_version.filter(|version| !version.is_empty()),
            os_features: child.os_features,
        }
    }
}

/// The last part of a resource's name.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}
