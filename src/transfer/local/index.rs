//! `index.json`: the images that a layout names (OCI image specification, image-layout.md,
//! annotations.md).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use super::Entry;
use super::flaw::Flaw;
use crate::oci::{Descriptor, MAX_DESCRIPTORS};

/// What says that a directory is an OCI layout.
pub(super) const OCI_LAYOUT: &str = "oci-layout";
/// The content of that file: there is one version.
pub(super) const OCI_LAYOUT_CONTENT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that names the images of a layout.
pub(super) const INDEX: &str = "index.json";
/// The annotation with the name of an image in a layout.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation of containerd and buildkit with the whole reference of an image.
pub(super) const IMAGE_NAME: &str = "io.containerd.image.name";

/// A list with a bound, kept while it is parsed: three bytes of JSON can be 24 of memory.
pub(super) struct Limited<T, const MOST: usize>(pub(super) Vec<T>);

impl<T, const MOST: usize> Default for Limited<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Limited<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(Vec<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = Limited<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                mut self,
                mut list: A,
            ) -> Result<Self::Value, A::Error> {
                while let Some(item) = list.next_element()? {
                    if self.0.len() == MOST {
                        let message = format!("a list has more than {MOST} items");
                        return Err(A::Error::custom(message));
                    }
                    self.0.push(item);
                }
                Ok(Limited(self.0))
            }
        }

        deserializer.deserialize_seq(Items(Vec::new()))
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutFile {
    image_layout_version: String,
}

/// Checks the content of `oci-layout`.
pub(super) fn check_version(bytes: &[u8]) -> Result<(), Flaw> {
    let file: LayoutFile = serde_json::from_slice(bytes)
        .map_err(|error| Flaw::shape(format!("its file oci-layout is damaged: {error}")))?;
    if file.image_layout_version == "1.0.0" {
        return Ok(());
    }
    Err(Flaw::shape(format!(
        "it is an OCI layout of version {:?}; 1.0.0 is known",
        crate::text::printable(file.image_layout_version)
    )))
}

#[derive(serde::Deserialize)]
struct Index {
    /// Go writes `null` for an empty list.
    manifests: Option<Limited<Descriptor, MAX_DESCRIPTORS>>,
}

/// The entries of an `index.json`. Descriptors of one digest are one entry with all their names.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Flaw> {
    let index: Index = serde_json::from_slice(bytes)
        .map_err(|error| Flaw::shape(format!("its index.json is damaged: {error}")))?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for mut descriptor in index.manifests.unwrap_or_default().0 {
        let names = take_names(&mut descriptor);
        let at = *known
            .entry(descriptor.digest.clone())
            .or_insert(entries.len());
        match entries.get_mut(at) {
            Some(entry) => entry.add(names),
            None => entries.push(Entry { names, descriptor }),
        }
    }
    Ok(entries)
}

/// Takes the names out of the annotations of a descriptor, the most exact first.
fn take_names(descriptor: &mut Descriptor) -> Vec<String> {
    let names = [IMAGE_NAME, REF_NAME].map(|name| descriptor.annotations.remove(name));
    let mut names: Vec<String> = names.into_iter().flatten().collect();
    names.retain(|name| !name.is_empty());
    names.dedup();
    names
}

impl Entry {
    /// Adds names that it does not have yet.
    pub(super) fn add(&mut self, names: Vec<String>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}
