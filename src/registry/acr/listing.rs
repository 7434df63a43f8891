//! A repository by its two lists. That of its manifests has what there is to know of them, but
//! only some of their tags (Azure/acr#529), and not whether these are locked (Azure/acr#495); that
//! of its tags has them all.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::Repository;
use super::pages::bad;
use crate::oci::media_type::{DOCKER_LIST, OCI_INDEX};
use crate::oci::{self, Digest, Platform, Tag};
use crate::registry::brand::{Listed, Listing};
use crate::registry::clock::time;
use crate::registry::error::Error;
use crate::registry::image::is_image_config;
use crate::registry::refusal::Why;

const MANIFESTS: &str = "/_manifests";
const TAGS: &str = "/_tags";

/// A page of manifests.
#[derive(Deserialize)]
struct Manifests {
    #[serde(default)]
    manifests: Option<Vec<Manifest>>,
}

/// What the registry says of a manifest. All but its digest may be missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    digest: Digest,
    image_size: Option<u64>,
    architecture: Option<String>,
    os: Option<String>,
    media_type: Option<String>,
    config_media_type: Option<String>,
    #[serde(flatten)]
    state: State,
}

/// A page of tags.
#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<Named>>,
}

/// A tag.
#[derive(Deserialize)]
struct Named {
    name: String,
    digest: Digest,
    #[serde(flatten)]
    state: State,
}

/// What manifests and tags have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    /// When it came.
    #[serde(default, deserialize_with = "time")]
    created_time: Option<Timestamp>,
    /// When it came again, or was changed.
    #[serde(default, deserialize_with = "time")]
    last_update_time: Option<Timestamp>,
    changeable_attributes: Option<Locks>,
}

/// What may be done with it. What is not said is allowed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locks {
    delete_enabled: Option<bool>,
    write_enabled: Option<bool>,
}

impl State {
    /// When it was last written. Of its two clocks the later one, if there are both: what may be
    /// new is not taken for old.
    fn pushed(&self) -> Option<Timestamp> {
        self.last_update_time.max(self.created_time)
    }

    /// Whether it is locked. What cannot be written cannot be deleted either (MicrosoftDocs,
    /// `container-registry-image-lock.md`).
    fn protected(&self) -> Option<bool> {
        let locks = self.changeable_attributes.as_ref()?;
        Some(locks.delete_enabled == Some(false) || locks.write_enabled == Some(false))
    }
}

impl Manifest {
    fn listed(self) -> Listed {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let media_type = said(self.media_type);
        let is_index = matches!(media_type.as_deref(), Some(OCI_INDEX | DOCKER_LIST));
        let platform = said(self.os).zip(said(self.architecture));
        let platform = platform.filter(|_| !is_index);
        let platforms = platform.map(|(os, architecture)| {
            vec![Platform {
                os,
                architecture,
                ..Platform::default()
            }]
        });
        let config = said(self.config_media_type);
        Listed {
            artifact_type: config.filter(|config| !is_image_config(config)),
            // That of an index is not reckoned.
            size: self.image_size.filter(|size| *size > 0),
            platforms,
            pushed: self.state.pushed(),
            protected: self.state.protected(),
            media_type,
            ..Listed::new(self.digest)
        }
    }
}

impl Repository {
    /// All tags, each with its own clock and lock, then all manifests without any.
    ///
    /// # Errors
    /// A request fails, or a list is none.
    pub(super) async fn list(&self) -> Result<Listing, Error> {
        let mut manifests: HashMap<Digest, (Listed, bool)> = HashMap::new();
        let mut order = Vec::new();
        self.pages(MANIFESTS, None, |page: Manifests| {
            for manifest in page.manifests.unwrap_or_default() {
                let listed = manifest.listed();
                let digest = listed.digest.clone();
                // One that changes meanwhile may come again.
                if manifests.insert(digest.clone(), (listed, false)).is_none() {
                    order.push(digest);
                }
            }
            Ok(())
        })
        .await?;
        let mut entries = Vec::new();
        let tags = self.pages(TAGS, None, |page: Tags| {
            for tag in page.tags.unwrap_or_default() {
                let name = self.name_of(&tag)?;
                let known = manifests.get_mut(&tag.digest).map(|(listed, is_tagged)| {
                    *is_tagged = true;
                    listed.clone()
                });
                // One that came since the manifests were listed is known by its digest alone.
                let known = known.unwrap_or_else(|| Listed::new(tag.digest));
                entries.push(Listed {
                    tags: vec![name],
                    pushed: tag.state.pushed().or(known.pushed),
                    protected: either(tag.state.protected(), known.protected),
                    ..known
                });
            }
            Ok(())
        });
        match tags.await {
            // Without tags there may be no list of them.
            Err(Error::Oci(oci::Error::NotFound { .. })) if !order.is_empty() => {}
            tags => tags?,
        }
        let untagged = order.iter().filter_map(|digest| manifests.remove(digest));
        let untagged = untagged.filter(|(_, is_tagged)| !is_tagged);
        entries.extend(untagged.map(|(listed, _)| listed));
        Ok(Listing {
            entries,
            has_untagged: true,
        })
    }
}

impl Repository {
    fn name_of(&self, tag: &Named) -> Result<Tag, Error> {
        let name = tag.name.parse();
        name.map_err(|_| bad(self.base.remote(), TAGS, "it holds what is no tag"))
    }

    /// The tags of a manifest; `None` for those who may not read metadata.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub(super) async fn tags_of(&self, digest: &Digest) -> Result<Option<Vec<Tag>>, Error> {
        let mut found = Vec::new();
        let pages = self.pages(TAGS, Some(digest), |page: Tags| {
            for tag in page.tags.unwrap_or_default() {
                if tag.digest == *digest {
                    found.push(self.name_of(&tag)?);
                }
            }
            Ok(())
        });
        match pages.await {
            Err(Error::Refused(refusal)) if matches!(refusal.why, Why::NotAllowed { .. }) => {
                return Ok(None);
            }
            // So it is when nothing has a tag.
            Err(Error::Oci(oci::Error::NotFound { .. })) => {}
            pages => pages?,
        }
        Ok(Some(found))
    }
}

/// Whether one of two locks holds, as far as is said.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one || other),
        _ => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Manifest, State, either};

    #[test]
    fn what_is_not_said_is_not_known() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let mut manifest = json!({"digest": digest, "os": "", "architecture": "", "imageSize": 0});
        manifest["lastUpdateTime"] = json!("0001-01-01T00:00:00Z");
        manifest["createdTime"] = json!("1970-01-01T00:00:00Z");
        let listed = serde_json::from_value::<Manifest>(manifest)
            .unwrap()
            .listed();
        assert_eq!(listed.digest.to_string(), digest);
        assert_eq!((listed.pushed, listed.size), (None, None));
        assert_eq!((listed.platforms, listed.protected), (None, None));
    }

    #[test]
    fn the_later_clock_counts_and_either_lock() {
        let state = |value: Value| serde_json::from_value::<State>(value).unwrap();
        let both = state(json!({
            "createdTime": "2024-05-01T10:00:00.5Z", "lastUpdateTime": "2024-04-01T10:00:00Z",
        }));
        assert_eq!(both.pushed().unwrap().to_string(), "2024-05-01T10:00:00.5Z");
        let locked = |locks: Value| state(json!({"changeableAttributes": locks})).protected();
        assert_eq!(locked(Value::Null), None);
        assert_eq!(locked(json!({})), Some(false));
        assert_eq!(locked(json!({"deleteEnabled": false})), Some(true));
        assert_eq!(
            locked(json!({"writeEnabled": false, "deleteEnabled": true})),
            Some(true)
        );
        assert_eq!(locked(json!({"readEnabled": false})), Some(false));
        assert_eq!(either(Some(false), Some(true)), Some(true));
        assert_eq!(either(None, Some(false)), Some(false));
    }
}
