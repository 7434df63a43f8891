//! What Nexus lists.

use std::collections::HashMap;

use super::Image;
use crate::oci::Tag;
use crate::registry::brand::{Listed, Listing};
use crate::registry::error::Error;

impl Image {
    /// The image's tags by Nexus's search, which knows their times, set right by the registry's
    /// list: the search lags behind. Components of the whole repository would be up to date, but
    /// it may have a thousand other images.
    pub(super) async fn list(&self, jobs: usize) -> Result<Option<Listing>, Error> {
        let Some(server) = self.server().await? else {
            return Ok(None);
        };
        let home = self.home().await?;
        let mut found: HashMap<Tag, Option<Listed>> = HashMap::new();
        let mut search = self.search(server, home, None);
        while let Some(page) = search.page().await? {
            for one in page.iter().filter(|one| one.is_of(home)) {
                let Some((tag, listed)) = one.listed() else {
                    continue;
                };
                // Members of a group may have a tag each.
                let one = found.entry(tag).or_insert_with(|| Some(listed.clone()));
                if one.as_ref().is_some_and(|one| one.digest != listed.digest) {
                    *one = None;
                }
            }
        }
        let (mut entries, mut unknown) = (Vec::new(), Vec::new());
        for tag in self.base.remote().tags().all().await? {
            match found.remove(&tag).flatten() {
                Some(listed) => entries.push(listed),
                None => unknown.push(tag),
            }
        }
        for tagged in self.base.heads_of(unknown, jobs).await? {
            entries.push(Listed {
                tags: vec![tagged.tag],
                media_type: Some(tagged.media_type),
                ..Listed::new(tagged.digest)
            });
        }
        Ok(Some(Listing {
            entries,
            has_untagged: false,
        }))
    }
}
