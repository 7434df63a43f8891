//! The pages of a list that were asked for, so that one without an end is not read for ever.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::error::BadContent;
use super::link::next;

/// How many pages are followed. At 100 entries a page, the least that is common, this is a
/// hundred times what the largest repositories hold.
const MAX_PAGES: usize = 100_000;

/// The pages of one list so far.
pub(super) struct Pages {
    /// Hashes of their addresses, which may be long.
    asked: HashSet<u64>,
    hasher: RandomState,
}

impl Pages {
    /// A list that begins at an address.
    pub(super) fn new(first: &Url) -> Self {
        let hasher = RandomState::new();
        Self {
            asked: HashSet::from([hasher.hash_one(first)]),
            hasher,
        }
    }

    /// The address of the page that follows the one of these headers, which was asked for at
    /// `asked`; `None` after the last one.
    ///
    /// # Errors
    /// Where the list goes on cannot be understood, or it has no end.
    pub(super) fn turn(
        &mut self,
        headers: &HeaderMap,
        asked: &Url,
    ) -> Result<Option<Url>, BadContent> {
        let links = headers.get_all(LINK).into_iter();
        let next = next(links.map(|link| link.as_bytes()), asked);
        let Some(url) = next.map_err(|bad| BadContent::Answer(bad.to_string()))? else {
            return Ok(None);
        };
        if self.asked.len() >= MAX_PAGES || !self.asked.insert(self.hasher.hash_one(&url)) {
            return Err(BadContent::Answer("the list has no end".to_owned()));
        }
        Ok(Some(url))
    }
}
