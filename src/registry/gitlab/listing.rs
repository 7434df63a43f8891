//! The registry's own API for lists, which registries with a metadata database have.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use crate::oci::{BadContent, Digest, Extension, Remote, Tag, next_page};
use crate::registry::brand::{Listed, Listing};
use crate::registry::error::Error;

/// How many tags a page has at most (`docs/spec/gitlab/api.md` of GitLab's container-registry).
const PAGE: &str = "1000";

/// A tag, as GitLab describes it.
#[derive(Deserialize)]
struct Described {
    name: Tag,
    digest: Digest,
    media_type: Option<String>,
    size_bytes: Option<u64>,
    created_at: Option<String>,
    updated_at: Option<String>,
    published_at: Option<String>,
}

impl Described {
    /// `published_at`, which older versions lack, is the later one of the other two. All are
    /// times of the tag: when the image was made is not said.
    fn listed(self) -> Listed {
        let times = [self.published_at, self.updated_at, self.created_at];
        let mut times = times.iter().flatten().filter_map(|text| moment(text));
        Listed {
            tags: vec![self.name],
            media_type: self.media_type,
            size: self.size_bytes,
            pushed: times.next(),
            ..Listed::new(self.digest)
        }
    }
}

/// A time; what never happened is written as the first year.
fn moment(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}

/// All tags in as few requests as possible; `None` where there is no metadata database, or no such
/// repository.
pub(super) async fn listing(remote: &Remote) -> Result<Option<Listing>, Error> {
    let path = remote.repository().path();
    // Without the slash at the end it is a redirect.
    let mut url = remote.url(&format!("/gitlab/v1/repositories/{path}/tags/list/"));
    url.query_pairs_mut().append_pair("n", PAGE);
    let mut asked: HashSet<Url> = HashSet::new();
    let mut entries = Vec::new();
    let mut next = Some(url);
    while let Some(url) = next {
        let bad = |reason: &str| Error::Oci(crate::oci::Error::Content {
            subject: remote.repository().to_string(),
            source: BadContent::Answer(reason.to_owned()),
        });
        if !asked.insert(url.clone()) {
            return Err(bad("the list of tags has no end"));
        }
        let answer = remote.extension(&Extension::get(url, &["pull"])).await?;
        match answer.status {
            200 => {}
            404 if entries.is_empty() => return Ok(None),
            _ => return Err(answer.refused().into()),
        }
        let page: Vec<Described> = answer.json()?;
        next = match next_page(&answer) {
            Ok(next) => next.filter(|_| !page.is_empty()),
            Err(link) => return Err(bad(&link.to_string())),
        };
        entries.extend(page.into_iter().map(Described::listed));
    }
    Ok(Some(Listing {
        entries,
        has_untagged: false,
    }))
}
