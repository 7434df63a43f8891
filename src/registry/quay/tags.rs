//! The list of tags of Quay's REST API: `GET /api/v1/repository/NS/R/tag/`.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::rest::Rest;
use super::{Error, TITLE};
use crate::oci::{Digest, Tag};
use crate::registry::clock::happened;
use crate::registry::{Listed, Listing};

/// How many tags a page has at most (`endpoints/api/tag.py`).
const PAGE: &str = "100";

/// How many pages are followed: a hundred times what the largest repositories have.
const MAX_PAGES: usize = 100_000;

/// A page of the list.
#[derive(Deserialize)]
struct Page {
    tags: Vec<Entry>,
    page: usize,
    has_additional: bool,
}

/// A tag.
#[derive(Deserialize)]
struct Entry {
    name: String,
    manifest_digest: String,
    /// Absent for an index.
    size: Option<i64>,
    /// When the tag began to name this, in seconds since 1970.
    start_ts: Option<i64>,
    /// When it will end to.
    end_ts: Option<i64>,
    immutable: Option<bool>,
    is_manifest_list: Option<bool>,
}

impl Entry {
    fn listed(self) -> Option<Listed> {
        let tag: Tag = self.name.parse().ok()?;
        let digest: Digest = self.manifest_digest.parse().ok()?;
        Some(Listed {
            tags: vec![tag],
            is_index: self.is_manifest_list,
            size: self.size.and_then(|size| u64::try_from(size).ok()),
            pushed: self.start_ts.and_then(time),
            expires: self.end_ts.and_then(time),
            protected: self.immutable,
            ..Listed::new(digest)
        })
    }
}

fn time(seconds: i64) -> Option<Timestamp> {
    happened(Timestamp::from_second(seconds).ok())
}

/// All tags; `None` when the API wants an OAuth token, and there is none.
///
/// # Errors
/// As all requests; there is no such repository; the pages make no list.
pub(super) async fn list(rest: &Rest) -> Result<Option<Listing>, Error> {
    let bad = || Error::Answer {
        subject: rest.subject().to_owned(),
        service: TITLE.to_owned(),
        line: 1,
    };
    let mut names = HashSet::new();
    let mut entries = Vec::new();
    for number in 1..=MAX_PAGES {
        let mut url = rest.url(&["tag", ""]);
        url.query_pairs_mut()
            .append_pair("onlyActiveTags", "true")
            .append_pair("limit", PAGE)
            .append_pair("page", &number.to_string());
        let answer = rest.get(url).await?;
        match answer.status {
            200 => {}
            401 | 403 | 404 if !rest.is_authorized() => return Ok(None),
            404 => return Err(rest.missing()),
            _ => return Err(rest.refused(&answer, "an OAuth token of the scope repo:read")),
        }
        let page: Page = answer.json()?;
        if page.page != number {
            return Err(bad());
        }
        let before = entries.len();
        for entry in page.tags {
            // A push while pages are read moves tags to the next one.
            if names.insert(entry.name.clone()) {
                entries.push(entry.listed().ok_or_else(bad)?);
            }
        }
        if !page.has_additional {
            return Ok(Some(Listing {
                entries,
                has_untagged: false,
            }));
        }
        if entries.len() == before {
            return Err(bad());
        }
    }
    Err(bad())
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::oci::Digest;

    #[test]
    fn what_is_not_said_is_not_known() {
        let digest = Digest::of(b"");
        let read = |more: &str| {
            let text = format!(r#"{{"name":"v1","manifest_digest":"{digest}"{more}}}"#);
            let entry: Entry = serde_json::from_str(&text).unwrap();
            entry.listed().unwrap()
        };
        let bare = read("");
        assert_eq!((bare.size, bare.pushed, bare.expires), (None, None, None));
        assert_eq!(bare.protected, None);
        let odd = read(
            r#","size":null,"start_ts":0,"end_ts":9223372036854775807,"is_manifest_list":true,"immutable":false"#,
        );
        assert_eq!((odd.size, odd.pushed, odd.expires), (None, None, None));
        assert_eq!(odd.protected, Some(false));
        let full = read(r#","size":7,"start_ts":1700000000,"end_ts":1800000000"#);
        assert_eq!(full.size, Some(7));
        assert_eq!(full.pushed.unwrap().as_second(), 1_700_000_000);
        assert_eq!(full.expires.unwrap().as_second(), 1_800_000_000);
        for wrong in [
            r#"{"name":"a b","manifest_digest":"sha256:x"}"#.to_owned(),
            format!(r#"{{"name":"a b","manifest_digest":"{digest}"}}"#),
            r#"{"name":"v1","manifest_digest":"x"}"#.to_owned(),
        ] {
            let entry: Entry = serde_json::from_str(&wrong).unwrap();
            assert_eq!(entry.listed(), None, "{wrong}");
        }
    }
}
