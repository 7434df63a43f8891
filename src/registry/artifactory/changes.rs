//! What is changed at Artifactory: folders, and repositories.
//!
//! Whether the server removes what only a removed index listed is not the same in all versions,
//! so what has to stay of it is looked at afterwards, and put back.

use reqwest::Method;
use serde_json::json;

use super::Image;
use super::home::Home;
use crate::oci::{Digest, Manifest, Tag, Target};
use crate::registry::api::Ask;
use crate::registry::brand::Created;
use crate::registry::default::keep;
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};

/// How many requests are under way at the same time.
const JOBS: usize = 8;

/// The permission without which nothing is removed.
const DELETE: &str = "the permission to delete in the repository";

impl Image {
    /// Removes the folder of a tag. A manifest that has no other folder gets one under its digest
    /// first, since an index may list it, and since its layers go with its last folder.
    pub(super) async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        let remote = self.base.remote();
        let target = Target::Tag(tag.clone());
        let Some(original) = remote.manifest(&target).await? else {
            return Ok(false);
        };
        let home = self.local().await?;
        let children = self.children(&original).await?;
        let digest = original.digest();
        let folders = self.folders(home, Some(digest)).await?;
        let names = folders.iter().flat_map(|folders| &folders.own);
        let names: Vec<&str> = names
            .filter(|folder| folder.digest.as_ref() == Some(digest))
            .map(|folder| folder.name.as_str())
            .collect();
        if !names.iter().any(|name| *name != tag.as_str()) {
            remote
                .put_manifest(&Target::Digest(digest.clone()), &original)
                .await?;
        }
        // What is known of the tag is older than this: a push since then would lose its image.
        match remote.head(&target).await? {
            Some(head) if head.digest == *digest => {}
            Some(_) => {
                return Err(Error::Moved {
                    subject: remote.repository().tagged(tag.clone()).to_string(),
                });
            }
            None => return Ok(false),
        }
        self.remove_folder(home, tag.as_str()).await?;
        keep(remote, &original).await?;
        self.keep_all(&children).await?;
        Ok(true)
    }

    /// Removes all folders that have a manifest, then the manifest.
    pub(super) async fn remove_manifest(&self, digest: &Digest) -> Result<bool, Error> {
        let remote = self.base.remote();
        let target = Target::Digest(digest.clone());
        let Some(original) = remote.manifest(&target).await? else {
            return Ok(false);
        };
        let home = self.local().await?;
        let children = self.tagged_children(&original).await?;
        let names: Vec<(String, Option<Tag>)> = match self.folders(home, Some(digest)).await? {
            Some(folders) => {
                let own = folders.own.into_iter();
                let own = own.filter(|folder| folder.digest.as_ref() == Some(digest));
                own.map(|folder| (folder.name.clone(), folder.tag()))
                    .collect()
            }
            None => {
                let tagged = self.base.heads(JOBS).await?.into_iter();
                let tagged = tagged.filter(|one| one.digest == *digest);
                tagged
                    .map(|one| (one.tag.to_string(), Some(one.tag)))
                    .collect()
            }
        };
        for (name, tag) in names {
            // A tag that was pushed anew since the folders were listed stays, with its new image.
            if let Some(tag) = tag {
                let head = remote.head(&Target::Tag(tag)).await?;
                if head.is_none_or(|head| head.digest != *digest) {
                    continue;
                }
            }
            self.remove_folder(home, &name).await?;
        }
        if remote.head(&target).await?.is_some() {
            self.base.delete(digest).await?;
            if remote.head(&target).await?.is_some() {
                return Err(Error::Refused(Refusal {
                    subject: remote.repository().at(digest.clone()).to_string(),
                    service: "Artifactory".to_owned(),
                    status: 202,
                    why: Why::Other,
                    said: Some("it is still there".to_owned()),
                    advice: None,
                }));
            }
        }
        self.keep_all(&children).await?;
        Ok(true)
    }

    /// The manifests that an index lists and that are there.
    async fn children(&self, index: &Manifest) -> Result<Vec<(Target, Manifest)>, Error> {
        let mut children = Vec::new();
        for child in index.children() {
            let target = Target::Digest(child.digest.clone());
            let found = self.base.remote().manifest(&target).await?;
            children.extend(found.map(|found| (target, found)));
        }
        Ok(children)
    }

    /// Those of them that have tags, with each tag. Others are for the server, which knows
    /// whether another index lists them.
    async fn tagged_children(&self, index: &Manifest) -> Result<Vec<(Target, Manifest)>, Error> {
        if index.children().is_empty() {
            return Ok(Vec::new());
        }
        let tagged = self.list_tags(JOBS).await?;
        let mut found = Vec::new();
        for (_, child) in self.children(index).await? {
            let tags = tagged.iter().filter(|one| one.digest == *child.digest());
            found.extend(tags.map(|one| (Target::Tag(one.tag.clone()), child.clone())));
        }
        Ok(found)
    }

    /// Puts back what is not there any more.
    async fn keep_all(&self, manifests: &[(Target, Manifest)]) -> Result<(), Error> {
        let remote = self.base.remote();
        for (target, manifest) in manifests {
            if remote.head(target).await?.is_some() {
                continue;
            }
            let put = remote.put_manifest(target, manifest).await;
            put.map_err(|source| Error::Lost {
                manifest: remote.repository().at(manifest.digest().clone()),
                source,
            })?;
        }
        Ok(())
    }

    async fn remove_folder(&self, home: &Home, name: &str) -> Result<(), Error> {
        let repository = self.base.remote().repository();
        let subject = match name.parse::<Tag>() {
            Ok(tag) => repository.tagged(tag).to_string(),
            Err(_) => repository.to_string(),
        };
        let ask = Ask::new(Method::DELETE, self.folder(home, &[name]), subject);
        let answer = home.api.send(&ask).await?;
        match answer.status {
            // 404: in a try whose answer was lost, or by others.
            200..=204 | 404 => Ok(()),
            _ => Err(self.refused(&answer, DELETE)),
        }
    }

    /// Makes the repository in which the first push makes the image.
    pub(super) async fn create_repository(&self) -> Result<Created, Error> {
        let home = self.home().await?;
        let ask = self.configuration(home);
        if home.api.send(&ask).await?.status == 200 {
            return Ok(Created::Existed);
        }
        let body = json!({"rclass": "local", "packageType": "docker"});
        let ask = Ask::new(Method::PUT, ask.url, self.subject()).json(&body);
        let answer = home.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(Created::Made),
            _ => Err(self.refused(&answer, "an administrator")),
        }
    }

    /// Removes the image. Images whose path begins with this one's stay.
    pub(super) async fn remove_all(&self) -> Result<bool, Error> {
        let home = self.local().await?;
        let Some(folders) = self.folders(home, None).await? else {
            return Err(Error::Unsupported {
                subject: self.subject(),
                what: "list what is below the image, which queries (AQL) are needed for",
                instead: "delete its tags one by one, or as somebody who may query",
            });
        };
        if folders.has_nested {
            for folder in &folders.own {
                self.remove_folder(home, &folder.name).await?;
            }
            return Ok(!folders.own.is_empty());
        }
        let ask = Ask::new(Method::DELETE, self.folder(home, &[]), self.subject());
        let answer = home.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(&answer, DELETE)),
        }
    }
}
