//! The registry's own API for lists, which registries with a metadata database have.

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::header::LINK;
use serde::Deserialize;
use url::Url;

use crate::oci::{self, BadContent, Digest, Extended, Extension, Remote, link};
use crate::registry::brand::{Listed, Listing};
use crate::registry::clock::time;
use crate::registry::error::Error;

/// How many tags a page has at most (`docs/spec/gitlab/api.md` of GitLab's container-registry).
const PAGE: &str = "1000";

/// A tag, as GitLab describes it.
#[derive(Deserialize)]
struct Described {
    name: String,
    digest: Digest,
    media_type: Option<String>,
    size_bytes: Option<u64>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    published_at: Option<Timestamp>,
}

impl Described {
    /// `published_at`, which older versions lack, is the later one of the other two. All are
    /// times of the tag: when the image was made is not said. `None` when it is no tag.
    fn listed(self) -> Option<Listed> {
        Some(Listed {
            tags: vec![self.name.parse().ok()?],
            media_type: self.media_type,
            size: self.size_bytes,
            pushed: self.published_at.or(self.updated_at).or(self.created_at),
            ..Listed::new(self.digest)
        })
    }
}

/// All tags in as few requests as possible; `None` where there is no metadata database, or no such
/// repository.
pub(super) async fn listing(remote: &Remote) -> Result<Option<Listing>, Error> {
    let path = remote.repository().path();
    // Without the slash at the end it is a redirect.
    let mut url = remote.url(&format!("/gitlab/v1/repositories/{path}/tags/list/"));
    url.query_pairs_mut().append_pair("n", PAGE);
    let mut asked = HashSet::new();
    let mut entries = Vec::new();
    let mut next = Some(url);
    while let Some(url) = next {
        if !asked.insert(url.clone()) {
            return Err(bad(remote, "the list of tags has no end"));
        }
        let answer = remote.extension(&Extension::get(url, &["pull"])).await?;
        match answer.status {
            200 => {}
            404 if entries.is_empty() => return Ok(None),
            _ => return Err(answer.refused().into()),
        }
        let page: Vec<Described> = answer.json()?;
        next = following(remote, &answer)?.filter(|_| !page.is_empty());
        for described in page {
            let listed = described.listed();
            entries.push(listed.ok_or_else(|| bad(remote, "a name is no tag"))?);
        }
    }
    Ok(Some(Listing {
        entries,
        has_untagged: false,
    }))
}

fn following(remote: &Remote, answer: &Extended) -> Result<Option<Url>, Error> {
    let links = answer.headers.get_all(LINK).iter();
    let next = link::next(links.map(|link| link.as_bytes()), &answer.url);
    next.map_err(|link| bad(remote, &link.to_string()))
}

fn bad(remote: &Remote, reason: &str) -> Error {
    Error::Oci(oci::Error::Content {
        subject: remote.repository().to_string(),
        source: BadContent::Answer(reason.to_owned()),
    })
}
