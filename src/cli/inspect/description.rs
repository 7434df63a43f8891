//! What is known of an image, in the shape of the document of `--output json`.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use crate::error::{Explain, Failure};
use crate::oci::{Descriptor, Digest, ManifestContent};
use crate::registry::{self, Execution, MAX_CONFIG, is_image_config};
use crate::transfer::{Look, Place};

/// An image, an index, or another artifact.
#[derive(Debug, Serialize)]
pub(super) struct Description {
    pub reference: String,
    pub digest: Digest,
    pub media_type: String,
    pub artifact_type: Option<String>,
    /// The size of the manifest itself, in bytes.
    pub manifest_size: u64,
    /// The size of all blobs, in bytes; of an index the sum over what it lists.
    pub size: u64,
    pub annotations: BTreeMap<String, String>,
    pub subject: Option<Digest>,
    /// Of an index, what it lists.
    pub platforms: Option<Vec<Child>>,
    /// Of an image, its config.
    pub config: Option<Config>,
    /// Of an image, its layers, or what an artifact consists of.
    pub layers: Option<Vec<Blob>>,
    pub referrers: Vec<Referrer>,
}

/// A manifest that an index lists.
#[derive(Debug, Serialize)]
pub(super) struct Child {
    pub platform: Option<String>,
    pub digest: Digest,
    pub media_type: String,
    /// `None` when it is not there, or is an index itself.
    pub size: Option<u64>,
}

/// A config, and what it says when it is that of an image.
#[derive(Debug, Serialize)]
pub(super) struct Config {
    #[serde(flatten)]
    pub blob: Blob,
    pub created: Option<String>,
    pub platform: Option<String>,
    pub author: Option<String>,
    #[serde(flatten)]
    pub execution: Execution,
}

#[derive(Debug, Serialize)]
pub(super) struct Blob {
    pub digest: Digest,
    pub media_type: String,
    pub size: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Referrer {
    #[serde(flatten)]
    pub blob: Blob,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
#[error("the description cannot be written as JSON")]
struct Unprintable(#[source] serde_json::Error);

impl Explain for Unprintable {}

impl Blob {
    fn of(descriptor: &Descriptor) -> Self {
        Self {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
        }
    }
}

impl Description {
    /// Finds out what there is to know, with `jobs` requests at the same time at most.
    pub(super) async fn of(place: &Place, look: &Look, jobs: usize) -> Result<Self, Failure> {
        let manifest = &look.manifest;
        let (below, referrers) =
            futures_util::future::join(Below::of(look, jobs), look.referrers(manifest.digest()))
                .await;
        let (below, referrers) = (below?, referrers?);
        let children = below.children.iter().flatten();
        let sizes = children.filter_map(|child| child.size);
        Ok(Self {
            reference: place.to_string(),
            digest: manifest.digest().clone(),
            media_type: manifest.media_type().to_owned(),
            artifact_type: manifest.artifact_type.clone(),
            manifest_size: manifest.bytes().len() as u64,
            size: sizes.fold(registry::total(manifest), u64::saturating_add),
            annotations: manifest.annotations.clone(),
            subject: manifest.subject.as_ref().map(|one| one.digest.clone()),
            platforms: below.children,
            config: below.config,
            layers: below.layers,
            referrers: referrers.into_iter().map(Referrer::of).collect(),
        })
    }

    /// As one document.
    pub(super) fn json(&self) -> Result<Bytes, Failure> {
        let mut text = serde_json::to_string_pretty(self).map_err(Unprintable)?;
        text.push('\n');
        Ok(text.into())
    }
}

impl Referrer {
    fn of(descriptor: Descriptor) -> Self {
        Self {
            blob: Blob::of(&descriptor),
            artifact_type: descriptor.artifact_type,
            annotations: descriptor.annotations,
        }
    }
}

/// What a manifest consists of.
#[derive(Default)]
struct Below {
    children: Option<Vec<Child>>,
    config: Option<Config>,
    layers: Option<Vec<Blob>>,
}

impl Below {
    async fn of(look: &Look, jobs: usize) -> Result<Self, Failure> {
        match &look.manifest.content {
            ManifestContent::Index(children) => {
                let children = stream::iter(children).map(async |child| {
                    let found = look.child(child).await?;
                    Ok::<_, Failure>(Child {
                        platform: child.platform.as_ref().map(ToString::to_string),
                        digest: child.digest.clone(),
                        media_type: child.media_type.clone(),
                        size: found
                            .as_ref()
                            .filter(|one| one.children().is_empty())
                            .map(registry::total),
                    })
                });
                Ok(Self {
                    children: Some(children.buffered(jobs).try_collect().await?),
                    ..Self::default()
                })
            }
            ManifestContent::Image { config, layers } => {
                let config = match config {
                    Some(config) => Some(read(look, config).await?),
                    None => None,
                };
                Ok(Self {
                    children: None,
                    config,
                    layers: Some(layers.iter().map(Blob::of).collect()),
                })
            }
        }
    }
}

async fn read(look: &Look, config: &Descriptor) -> Result<Config, Failure> {
    let bytes = if is_image_config(&config.media_type) {
        look.blob(config, MAX_CONFIG).await?
    } else {
        None
    };
    let said = registry::Config::parse(bytes.as_deref().unwrap_or_default());
    Ok(Config {
        blob: Blob::of(config),
        created: said.created().map(str::to_owned),
        platform: said.platform().map(|platform| platform.to_string()),
        author: said.author.filter(|author| !author.is_empty()),
        execution: said.config.unwrap_or_default(),
    })
}
