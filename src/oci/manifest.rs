//! Manifests: exact bytes, and what in them says which other content belongs to them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

use super::descriptor::Descriptor;
use super::digest::Digest;
use super::media_type::{self, essence};

/// The longest manifest that is read, in bytes: what registries take (distribution and
/// containers/image 4 MiB).
pub const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// The most descriptors of one manifest; the largest known indexes have some hundreds.
pub const MAX_DESCRIPTORS: usize = 20_000;

/// A manifest as it is stored, and its meaning.
#[derive(Debug, Clone)]
pub struct Manifest {
    bytes: Bytes,
    media_type: String,
    digest: Digest,
    /// What it refers to.
    pub content: Content,
    /// What it is about: it is a referrer of that.
    pub subject: Option<Descriptor>,
    /// What kind of artifact it is.
    pub artifact_type: Option<String>,
    /// Anything that somebody noted.
    pub annotations: BTreeMap<String, String>,
}

/// What a manifest refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Other manifests.
    Index(Vec<Descriptor>),
    /// Blobs: a config, if there is one, and layers.
    Image {
        /// The config.
        config: Option<Box<Descriptor>>,
        /// The layers, or whatever the artifact consists of.
        layers: Vec<Descriptor>,
    },
}

/// Bytes that are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    /// Longer than [`MAX_MANIFEST`].
    #[error("it is longer than 4 MiB")]
    TooLong,
    /// Not the JSON of a manifest.
    #[error("it is not a manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// More than [`MAX_DESCRIPTORS`] descriptors.
    #[error("it refers to {0} others, more than 20000")]
    TooMany(usize),
    /// Docker's first form, which cannot be copied by digest.
    #[error("it has Docker's schema 1, which no registry takes any longer")]
    Schema1,
}

/// All kinds of manifests as far as they are understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<u64>,
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Box<Descriptor>>,
    layers: Option<Vec<Descriptor>>,
    /// The artifact manifest of the specification's release candidates.
    blobs: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

impl Manifest {
    /// Reads a manifest that has the digest `digest`, which the caller has checked.
    ///
    /// # Errors
    /// The bytes are no manifest, or a hostile one.
    pub fn parse(
        bytes: Bytes,
        digest: Digest,
        media_type: Option<&str>,
    ) -> Result<Self, BadManifest> {
        if bytes.len() > MAX_MANIFEST {
            return Err(BadManifest::TooLong);
        }
        let raw: Raw = serde_json::from_slice(&bytes)?;
        if raw.schema_version == Some(1) {
            return Err(BadManifest::Schema1);
        }
        let media_type = media_type
            .map(essence)
            .filter(|header| !matches!(header.as_str(), "" | "application/json" | "text/plain"))
            .or(raw.media_type)
            .unwrap_or_else(|| {
                let index = raw.manifests.is_some();
                let default = if index {
                    media_type::OCI_INDEX
                } else {
                    media_type::OCI_MANIFEST
                };
                default.to_owned()
            });
        let content = match raw.manifests {
            Some(manifests) => Content::Index(manifests),
            None => Content::Image {
                config: raw.config,
                layers: raw.layers.or(raw.blobs).unwrap_or_default(),
            },
        };
        let manifest = Self {
            bytes,
            media_type,
            digest,
            content,
            subject: raw.subject,
            artifact_type: raw.artifact_type,
            annotations: raw.annotations.unwrap_or_default(),
        };
        let count = manifest.blobs().count() + manifest.children().len();
        if count > MAX_DESCRIPTORS {
            return Err(BadManifest::TooMany(count));
        }
        Ok(manifest)
    }

    /// The bytes as they were received; whatever is done with a manifest, these are sent.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What the registry said it is, else what it says itself.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How others refer to it.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.media_type.clone(), self.digest.clone(), size)
    }

    /// The manifests that it lists.
    pub fn children(&self) -> &[Descriptor] {
        match &self.content {
            Content::Index(manifests) => manifests,
            Content::Image { .. } => &[],
        }
    }

    /// The blobs that it consists of, the config first.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let (config, layers) = match &self.content {
            Content::Index(_) => (None, [].as_slice()),
            Content::Image { config, layers } => (config.as_deref(), layers.as_slice()),
        };
        config.into_iter().chain(layers)
    }
}
