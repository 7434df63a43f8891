//! Manifests as they are written: all kinds in one, checked for being of one kind.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::descriptor::Descriptor;
use super::manifest::{BadManifest, MAX_DESCRIPTORS};
use super::media_type::{self, essence};

/// All kinds of manifests as far as they are understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    pub(super) schema_version: Option<u64>,
    pub(super) media_type: Option<String>,
    pub(super) manifests: Option<List>,
    pub(super) config: Option<Box<Descriptor>>,
    pub(super) layers: Option<List>,
    /// The artifact manifest of the specification's release candidates.
    pub(super) blobs: Option<List>,
    pub(super) subject: Option<Descriptor>,
    pub(super) artifact_type: Option<String>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
    /// The layers of Docker's first form.
    fs_layers: Option<IgnoredAny>,
}

impl Raw {
    /// Whether this is a list of manifests. Everything that says something about that must agree:
    /// `said`, the media type that it came with, its own, and what it has. Otherwise two programs
    /// would take it for two things.
    pub(super) fn is_index(&self, said: Option<&str>) -> Result<bool, BadManifest> {
        if self.fs_layers.is_some() {
            return Err(BadManifest::Schema1);
        }
        let own = self.media_type.as_deref().map(essence);
        let is_image = self.config.is_some() || self.layers.is_some() || self.blobs.is_some();
        let mut claims = [
            said.and_then(of_type),
            own.as_deref().and_then(of_type),
            self.manifests.is_some().then_some(true),
            is_image.then_some(false),
        ]
        .into_iter()
        .flatten();
        let Some(is_index) = claims.next() else {
            // Neither a known type nor content: an artifact says at least what it is.
            let is_nothing = self.schema_version.is_none() && own.is_none();
            return if is_nothing {
                Err(BadManifest::Other)
            } else {
                Ok(false)
            };
        };
        if claims.any(|other| other != is_index) {
            return Err(BadManifest::Ambiguous);
        }
        Ok(is_index)
    }
}

/// Whether a media type is that of an index; `None` for unknown ones.
fn of_type(media_type: &str) -> Option<bool> {
    media_type::is_manifest(media_type).then(|| media_type::is_index(media_type))
}

/// Descriptors, no more than there may be.
#[derive(Default)]
pub(super) struct List(pub(super) Vec<Descriptor>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Descriptors)
    }
}

struct Descriptors;

impl<'de> Visitor<'de> for Descriptors {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of descriptors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
        let mut descriptors = Vec::new();
        while let Some(descriptor) = list.next_element()? {
            if descriptors.len() >= MAX_DESCRIPTORS {
                return Err(A::Error::custom("a list has more than 20000 descriptors"));
            }
            descriptors.push(descriptor);
        }
        Ok(List(descriptors))
    }
}
