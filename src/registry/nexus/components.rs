//! Components: what Nexus calls a tag with its image.

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::Image;
use super::server::{Home, Server};
use crate::oci::{Digest, Tag};
use crate::registry::api::Ask;
use crate::registry::brand::Listed;
use crate::registry::clock::time;
use crate::registry::error::Error;

/// A component. What is absent is `null`.
#[derive(Deserialize)]
pub(super) struct Component {
    pub(super) id: String,
    repository: Option<String>,
    name: Option<String>,
    version: Option<String>,
    assets: Option<Vec<Asset>>,
}

/// A file of a component; that of an image is its manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asset {
    path: Option<String>,
    checksum: Option<Checksum>,
    content_type: Option<String>,
    #[serde(default, deserialize_with = "time")]
    last_modified: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_downloaded: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    blob_created: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Checksum {
    sha256: Option<String>,
}

/// A page of components.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Component>,
    continuation_token: Option<String>,
}

/// A list of components, which is asked for page by page.
pub(super) struct Components<'a> {
    image: &'a Image,
    server: &'a Server,
    first: Url,
    next: Option<Url>,
    asked: HashSet<String>,
}

impl Component {
    /// Whether it is of this image.
    pub(super) fn is_of(&self, home: &Home) -> bool {
        // A group shows the components of its members, under their names.
        let is_here = home.kind == "group" || self.repository.as_ref() == Some(&home.repository);
        is_here && self.name.as_ref() == Some(&home.image)
    }

    /// Its tag; `None` for a manifest without one.
    pub(super) fn tag(&self) -> Option<Tag> {
        self.version.as_ref()?.parse().ok()
    }

    fn manifest(&self) -> Option<&Asset> {
        let assets = self.assets.as_deref().unwrap_or_default();
        let ending = format!("/manifests/{}", self.version.as_deref()?);
        let named = assets.iter().find(|asset| {
            let path = asset.path.as_deref().unwrap_or_default();
            path.ends_with(&ending)
        });
        match assets {
            [only] => named.or(Some(only)),
            _ => named,
        }
    }

    /// The digest of its manifest, if Nexus says it.
    pub(super) fn digest(&self) -> Option<Digest> {
        let sha256 = self.manifest()?.checksum.as_ref()?.sha256.as_ref()?;
        format!("sha256:{sha256}").parse().ok()
    }

    /// What it says of its manifest.
    pub(super) fn listed(&self) -> Option<(Tag, Listed)> {
        let (tag, digest) = (self.tag()?, self.digest()?);
        let asset = self.manifest()?;
        let is_manifest = |kind: &String| kind.contains("manifest") || kind.contains("index");
        let listed = Listed {
            tags: vec![tag.clone()],
            media_type: asset.content_type.clone().filter(is_manifest),
            pushed: asset.last_modified.or(asset.blob_created),
            pulled: asset.last_downloaded,
            ..Listed::new(digest)
        };
        Some((tag, listed))
    }
}

impl Components<'_> {
    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// Nexus refuses, or names a page a second time.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<Component>>, Error> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        let ask = Ask::new(Method::GET, url, self.image.subject());
        let answer = self.server.api.send(&ask).await?;
        if answer.status != 200 {
            let home = self.image.home().await?;
            return Err(self.image.refused(&answer, &home.repository, "browse"));
        }
        let page: Page = answer.json()?;
        if let Some(token) = page.continuation_token.filter(|token| !token.is_empty()) {
            let mut next = self.first.clone();
            next.query_pairs_mut()
                .append_pair("continuationToken", &token);
            if !self.asked.insert(token) {
                return Err(Error::Answer {
                    subject: self.image.subject(),
                    service: "Nexus".to_owned(),
                    line: 0,
                });
            }
            self.next = Some(next);
        }
        Ok(Some(page.items))
    }
}

impl Image {
    fn components<'a>(&'a self, server: &'a Server, first: Url) -> Components<'a> {
        Components {
            image: self,
            server,
            next: Some(first.clone()),
            first,
            asked: HashSet::new(),
        }
    }

    /// What Nexus's search finds of the image, or of one tag of it. It lags behind.
    pub(super) fn search<'a>(
        &'a self,
        server: &'a Server,
        home: &Home,
        tag: Option<&Tag>,
    ) -> Components<'a> {
        let mut url = server.api.url(&["search"]);
        url.query_pairs_mut()
            .append_pair("repository", &home.repository)
            .append_pair("format", "docker")
            .append_pair("name", &home.image);
        if let Some(tag) = tag {
            url.query_pairs_mut().append_pair("version", tag.as_str());
        }
        self.components(server, url)
    }

    /// All components of the whole repository, which is up to date.
    pub(super) fn scan<'a>(&'a self, server: &'a Server, home: &Home) -> Components<'a> {
        let mut url = server.api.url(&["components"]);
        url.query_pairs_mut()
            .append_pair("repository", &home.repository);
        self.components(server, url)
    }

    /// The component of a tag as it is now.
    ///
    /// # Errors
    /// A request fails.
    pub(super) async fn component(&self, tag: &Tag) -> Result<Option<Component>, Error> {
        let (server, home) = (self.needed_server().await?, self.home().await?);
        let is_it = |one: &Component| one.is_of(home) && one.tag().as_ref() == Some(tag);
        let mut found = self.search(server, home, Some(tag));
        while let Some(page) = found.page().await? {
            for one in page.iter().filter(|one| is_it(one)) {
                let url = server.api.url(&["components", &one.id]);
                let ask = Ask::new(Method::GET, url, self.subject());
                let answer = server.api.send(&ask).await?;
                match answer.status {
                    200 => {}
                    404 => continue,
                    _ => return Err(self.refused(&answer, &home.repository, "read")),
                }
                let now: Component = answer.json()?;
                if is_it(&now) {
                    return Ok(Some(now));
                }
            }
        }
        // The search does not know it yet.
        let mut all = self.scan(server, home);
        while let Some(page) = all.page().await? {
            if let Some(found) = page.into_iter().find(is_it) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
