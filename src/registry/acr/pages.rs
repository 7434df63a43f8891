//! The lists of the registry's own API, page by page.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::refusal::{Subject, refused};
use super::{Repository, names_what_is_missing, no_such_api};
use crate::oci::{self, BadContent, Digest, Extended, Extension, Remote, link};
use crate::registry::error::Error;

/// How many entries a page has: the most that a registry gives (Azure/acr#749); 100 unless asked.
const PAGE: &str = "1000";

/// What the token must allow.
const ACTIONS: &[&str] = &["metadata_read"];

impl Repository {
    /// Hands each page of a list, or of what it has of one manifest, to `take`.
    ///
    /// # Errors
    /// As all requests; a list without an end, or one that goes on where cannot be understood.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        list: &str,
        of: Option<&Digest>,
        mut take: impl FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let remote = self.base.remote();
        let mut first = self.url(list);
        first.query_pairs_mut().append_pair("n", PAGE);
        if let Some(digest) = of {
            let digest = digest.to_string();
            first.query_pairs_mut().append_pair("digest", &digest);
        }
        let mut asked = HashSet::new();
        let mut next = Some(first);
        while let Some(url) = next {
            let extension = Extension::get(url.clone(), ACTIONS);
            if !asked.insert(url) {
                return Err(bad(remote, list, "the list has no end"));
            }
            let answer = page(remote, &extension).await?;
            take(answer.json()?)?;
            let links = answer.headers.get_all("link").iter();
            next = link::next(links.map(|link| link.as_bytes()), &answer.url)
                .map_err(|error| bad(remote, list, &error.to_string()))?;
        }
        Ok(())
    }
}

async fn page(remote: &Remote, extension: &Extension) -> Result<Extended, Error> {
    let subject = Subject::repository(remote);
    let answer = remote.extension(extension).await;
    let answer = answer.map_err(|error| refused(error, &subject))?;
    match answer.status {
        200 => Ok(answer),
        404 if !names_what_is_missing(&answer) => Err(no_such_api(remote)),
        _ => Err(refused(answer.refused(), &subject)),
    }
}

/// A list that cannot be taken for what it should be.
pub(super) fn bad(remote: &Remote, list: &str, reason: &str) -> Error {
    Error::Oci(oci::Error::Content {
        subject: format!("{}{list}", remote.repository()),
        source: BadContent::Answer(reason.to_owned()),
    })
}
