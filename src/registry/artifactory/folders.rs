//! The folders of an image, by Artifactory's query language (AQL).

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Image;
use super::home::Home;
use crate::oci::{Digest, Tag};
use crate::registry::api::Ask;
use crate::registry::clock::time;
use crate::registry::error::Error;

/// The file of an image's manifest, and that of an index.
const IMAGE: &str = "manifest.json";
const INDEX: &str = "list.manifest.json";

/// The property that has a manifest's media type.
const MEDIA_TYPE: &str = "docker.manifest.type";

/// A folder with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its name: a tag, or a digest.
    pub(super) name: String,
    /// The digest of the manifest, if Artifactory says it.
    pub(super) digest: Option<Digest>,
    /// Whether the manifest is an index.
    pub(super) is_index: bool,
    pub(super) media_type: Option<String>,
    pub(super) pushed: Option<Timestamp>,
    pub(super) pulled: Option<Timestamp>,
}

impl Folder {
    /// The tag; `None` when the folder is that of a digest.
    pub(super) fn tag(&self) -> Option<Tag> {
        self.name.parse().ok().filter(|_| !self.is_digest())
    }

    fn is_digest(&self) -> bool {
        let digits = self.name.strip_prefix("sha256__");
        digits.is_some_and(|digits| format!("sha256:{digits}").parse::<Digest>().is_ok())
    }
}

/// All manifests below an image's path.
pub(super) struct Folders {
    /// Those of the image.
    pub(super) own: Vec<Folder>,
    /// Whether there are others, of images whose path begins with this one's.
    pub(super) has_nested: bool,
}

#[derive(Deserialize)]
struct Answered {
    results: Vec<Item>,
    range: Range,
}

#[derive(Deserialize)]
struct Range {
    total: usize,
}

/// A file. What is absent is left out.
#[derive(Deserialize)]
struct Item {
    path: String,
    name: String,
    #[serde(default, deserialize_with = "time")]
    created: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    modified: Option<Timestamp>,
    sha256: Option<String>,
    stats: Option<Vec<Statistics>>,
    properties: Option<Vec<Property>>,
}

#[derive(Deserialize)]
struct Statistics {
    #[serde(default, deserialize_with = "time")]
    downloaded: Option<Timestamp>,
    downloads: Option<u64>,
}

#[derive(Deserialize)]
struct Property {
    key: String,
    value: Option<String>,
}

impl Item {
    fn folder(self, name: String) -> Folder {
        let sha256 = self.sha256.filter(|sha256| !sha256.is_empty());
        let stats = self.stats.into_iter().flatten();
        let mut pulls = stats.filter(|one| one.downloads != Some(0));
        let mut properties = self.properties.into_iter().flatten();
        Folder {
            name,
            digest: sha256.and_then(|sha256| format!("sha256:{sha256}").parse().ok()),
            is_index: self.name == INDEX,
            media_type: properties
                .find(|one| one.key == MEDIA_TYPE)
                .and_then(|one| one.value),
            pushed: self.modified.or(self.created),
            pulled: pulls.find_map(|one| one.downloaded),
        }
    }
}

impl Image {
    /// The folders of the image in one request, of all manifests or of those with a digest;
    /// `None` where queries are not allowed.
    ///
    /// # Errors
    /// No answer, or it is not whole.
    pub(super) async fn folders(
        &self,
        home: &Home,
        digest: Option<&Digest>,
    ) -> Result<Option<Folders>, Error> {
        let url = home.api.url(&["api", "search", "aql"]);
        let mut ask =
            Ask::new(Method::POST, url, self.subject()).header(CONTENT_TYPE, "text/plain");
        ask.body = Some(query(home, digest).into());
        let answer = home.api.send(&ask).await?;
        match answer.status {
            200 => {}
            400 | 401 | 403 | 404 | 405 | 501 => return Ok(None),
            _ => return Err(answer.refused(None)),
        }
        let answered: Answered = answer.json()?;
        if answered.results.len() < answered.range.total {
            return Err(Error::Answer {
                subject: self.subject(),
                service: "Artifactory".to_owned(),
                line: 0,
            });
        }
        let mut folders = Folders {
            own: Vec::new(),
            has_nested: false,
        };
        let below = format!("{}/", home.image);
        for item in answered.results {
            let Some(name) = item.path.strip_prefix(&below).map(str::to_owned) else {
                continue;
            };
            if !matches!(item.name.as_str(), IMAGE | INDEX) {
                continue;
            }
            if name.contains('/') {
                folders.has_nested = true;
            } else {
                folders.own.push(item.folder(name));
            }
        }
        Ok(Some(folders))
    }

    /// The address of something in the image's folder.
    pub(super) fn folder(&self, home: &Home, below: &[&str]) -> url::Url {
        let mut segments = vec![home.key.as_str()];
        segments.extend(home.image.split('/'));
        segments.extend(below);
        home.api.url(&segments)
    }
}

/// The query. Who is no administrator must ask for repository, path and name. A value is JSON,
/// so that it cannot be anything else; in names of images nothing is a wildcard.
fn query(home: &Home, digest: Option<&Digest>) -> String {
    let mut wanted = json!({
        "repo": home.key,
        "path": {"$match": format!("{}/*", home.image)},
        "name": {"$match": "*manifest.json"},
    });
    let mut fields = vec!["repo", "path", "name", "created", "modified", "sha256"];
    match (digest, wanted.as_object_mut()) {
        (Some(digest), Some(wanted)) => {
            wanted.insert("sha256".to_owned(), Value::from(digest.hex()));
        }
        _ => fields.extend(["stat.downloaded", "stat.downloads", "property"]),
    }
    let fields: Vec<String> = fields.iter().map(|field| format!("{field:?}")).collect();
    format!("items.find({wanted}).include({})", fields.join(","))
}
