//! What Artifactory lists.

use std::collections::BTreeMap;

use super::Image;
use super::folders::Folder;
use crate::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
use crate::oci::{Digest, Tag};
use crate::registry::brand::{Listed, Listing, Tagged};
use crate::registry::error::Error;

/// What the query and, where it is not clear, the registry says of an image.
struct Found {
    folders: Vec<(Digest, Folder)>,
    tagged: Vec<Tagged>,
}

impl Image {
    /// All manifests of the image by one query; `None` where queries are not allowed, and where
    /// they find nothing, as in a virtual repository.
    pub(super) async fn list(&self, jobs: usize) -> Result<Option<Listing>, Error> {
        let Some(found) = self.find(jobs).await? else {
            return Ok(None);
        };
        let folders = found.folders.into_iter().map(|(digest, folder)| Listed {
            tags: folder.tag().into_iter().collect(),
            pushed: folder.pushed,
            pulled: folder.pulled,
            is_index: Some(folder.is_index),
            media_type: folder.media_type,
            ..Listed::new(digest)
        });
        let tagged = found.tagged.into_iter().map(|one| Listed {
            tags: vec![one.tag],
            media_type: Some(one.media_type),
            ..Listed::new(one.digest)
        });
        Ok(Some(Listing {
            entries: folders.chain(tagged).collect(),
            has_untagged: true,
        }))
    }

    /// All tags. Of a manifest the name of its file says whether it is an index; the words for it
    /// are OCI's where Artifactory does not say them.
    pub(super) async fn list_tags(&self, jobs: usize) -> Result<Vec<Tagged>, Error> {
        let Some(found) = self.find(jobs).await? else {
            return self.base.heads(jobs).await;
        };
        let folders = found.folders.into_iter().filter_map(|(digest, folder)| {
            let kind = if folder.is_index {
                OCI_INDEX
            } else {
                OCI_MANIFEST
            };
            Some(Tagged {
                tag: folder.tag()?,
                digest,
                media_type: folder.media_type.unwrap_or_else(|| kind.to_owned()),
            })
        });
        Ok(folders.chain(found.tagged).collect())
    }

    /// The tags of one manifest, by one query; `None` where queries are not allowed.
    pub(super) async fn list_tags_of(&self, digest: &Digest) -> Result<Option<Vec<Tag>>, Error> {
        let home = self.home().await?;
        let folders = self.folders(home, Some(digest)).await?;
        Ok(folders.map(|folders| {
            let own = folders.own.iter();
            let own = own.filter(|folder| folder.digest.as_ref() == Some(digest));
            own.filter_map(Folder::tag).collect()
        }))
    }

    async fn find(&self, jobs: usize) -> Result<Option<Found>, Error> {
        let home = self.home().await?;
        let Some(folders) = self.folders(home, None).await? else {
            return Ok(None);
        };
        if folders.own.is_empty() {
            return Ok(None);
        }
        let mut by_name: BTreeMap<String, Vec<Folder>> = BTreeMap::new();
        for folder in folders.own {
            by_name.entry(folder.name.clone()).or_default().push(folder);
        }
        let (mut found, mut unclear) = (Vec::new(), Vec::<Tag>::new());
        for (name, mut folders) in by_name {
            // Two manifests in a folder, or the same folder of several repositories.
            match (folders.pop(), folders.is_empty()) {
                (Some(folder), true) => match folder.digest.clone() {
                    Some(digest) => found.push((digest, folder)),
                    None => unclear.extend(folder.tag()),
                },
                _ => unclear.extend(name.parse::<Tag>().ok()),
            }
        }
        Ok(Some(Found {
            folders: found,
            tagged: self.base.heads_of(unclear, jobs).await?,
        }))
    }
}
