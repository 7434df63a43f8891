//! What an image repository holds, by Google's extension of the distribution API: everything in
//! one answer, up to a number of tags.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::service::SERVICE;
use super::value::{milliseconds, number};
use crate::oci::{Digest, Extension, Remote};
use crate::registry::{Error, Listed, Listing};

/// How many images or tags are listed at most; with as many, some may be missing
/// (cloud.google.com/artifact-registry/docs/docker/manage-images).
const COMPLETE_BELOW: usize = 10_000;

/// What the distribution API's list of tags is at Google.
#[derive(Deserialize)]
struct Extended {
    #[serde(default)]
    tags: Option<Vec<String>>,
    manifest: Option<BTreeMap<Digest, Entry>>,
}

/// A manifest there; numbers are strings.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    image_size_bytes: Value,
    media_type: Option<String>,
    time_created_ms: Value,
    time_uploaded_ms: Value,
    tag: Vec<String>,
}

/// What one request lists.
pub(super) enum List {
    /// Everything.
    Whole(Listing),
    /// So many that some may be missing.
    Cut,
    /// Tags without the extension.
    Bare,
}

/// Asks for the list with the extension.
///
/// # Errors
/// No answer, a refusal, or something else than a list.
pub(super) async fn list(remote: &Remote) -> Result<List, Error> {
    let url = remote.url(&format!("/v2/{}/tags/list", remote.repository().path()));
    let answer = remote.extension(&Extension::get(url, &["pull"])).await?;
    if answer.status != 200 {
        return Err(answer.refused().into());
    }
    let has_more = answer.headers.contains_key(reqwest::header::LINK);
    let list: Extended = answer.json()?;
    // Of a long list the text is as large as what was read from it.
    drop(answer);
    let tags = list.tags.unwrap_or_default();
    let Some(manifests) = list.manifest else {
        return Ok(List::Bare);
    };
    if has_more || tags.len().max(manifests.len()) >= COMPLETE_BELOW {
        return Ok(List::Cut);
    }
    let named: HashSet<&String> = manifests.values().flat_map(|entry| &entry.tag).collect();
    // A tag that nothing is said of must not be lost.
    if tags.iter().any(|tag| !named.contains(tag)) {
        return Ok(List::Bare);
    }
    let listed = |(digest, entry): (Digest, Entry)| {
        let tags = entry
            .tag
            .iter()
            .map(|tag| tag.parse().map_err(|_| bad(remote)));
        Ok::<_, Error>(Listed {
            tags: tags.collect::<Result<_, _>>()?,
            media_type: entry.media_type.filter(|kind| !kind.is_empty()),
            size: number(&entry.image_size_bytes).and_then(|size| size.try_into().ok()),
            created: number(&entry.time_created_ms).and_then(milliseconds),
            pushed: number(&entry.time_uploaded_ms).and_then(milliseconds),
            ..Listed::new(digest)
        })
    };
    let entries = manifests.into_iter().map(listed);
    Ok(List::Whole(Listing {
        entries: entries.collect::<Result<_, _>>()?,
        has_untagged: true,
    }))
}

/// A list that is none.
fn bad(remote: &Remote) -> Error {
    Error::Answer {
        subject: remote.repository().to_string(),
        service: SERVICE.to_owned(),
        line: 0,
    }
}
