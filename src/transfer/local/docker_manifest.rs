//! `manifest.json` of an archive that `docker save` writes and `docker load` reads (moby,
//! image/tarexport: `manifestItem`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flaw::Flaw;
use super::index::{IMAGE_NAME, Limited, REF_NAME};
use crate::oci::{Descriptor, Digest, Manifest, ManifestContent, Reference};
use crate::registry::is_image_config;
use crate::text::printable;

/// The file of that name.
pub(super) const MANIFEST: &str = "manifest.json";

/// The most images of one archive that are read.
const MAX_IMAGES: usize = 1000;

/// The most layers of one image, and names: Linux mounts 128 layers at most (moby,
/// layer/layer_store.go: maxLayerDepth 125).
pub(super) const MAX_LAYERS: usize = 256;

/// How the media types of layers begin (OCI image specification, layer.md; docker,
/// manifest-v2-2.md).
const LAYERS: [&str; 2] = [
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.",
];

/// An image of an archive.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Image {
    /// The name of the file with its config.
    pub(super) config: String,
    /// Its names.
    #[serde(default)]
    repo_tags: Option<Limited<String, MAX_LAYERS>>,
    /// The names of the files with its layers, the lowest first.
    #[serde(default)]
    layers: Option<Limited<String, MAX_LAYERS>>,
    /// Where layers came from. Docker's own store of images writes it.
    #[serde(default)]
    layer_sources: Option<serde::de::IgnoredAny>,
}

impl Image {
    /// Its names.
    pub(super) fn names(&self) -> &[String] {
        self.repo_tags.as_ref().map_or(&[], |names| &names.0)
    }

    /// The names of the files with its layers, the lowest first.
    pub(super) fn layers(&self) -> &[String] {
        self.layers.as_ref().map_or(&[], |layers| &layers.0)
    }

    /// Whether it was saved out of docker's own store of images, which has no manifests: those
    /// that docker 25 and later puts into the archive were made for it, of layers that are not
    /// compressed. containerd's store writes the real ones, and no sources of layers.
    pub(super) fn has_made_up_manifest(&self) -> bool {
        self.layer_sources.is_some()
    }

    /// The digest of its config, if the file is called by it.
    pub(super) fn config_digest(&self) -> Option<Digest> {
        let (algorithm, hex) = self.config.strip_prefix("blobs/")?.split_once('/')?;
        format!("{algorithm}:{hex}").parse().ok()
    }
}

/// Reads `manifest.json`.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Image>, Flaw> {
    let images: Limited<Image, MAX_IMAGES> = serde_json::from_slice(bytes)
        .map_err(|error| Flaw::shape(format!("its manifest.json is damaged: {error}")))?;
    Ok(images.0)
}

/// An image as it is written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Written {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// What `docker load` has to know of an image: its manifest is `manifest`, its names are `names`.
pub(super) fn image(names: &[String], manifest: &Manifest) -> Result<Written, Flaw> {
    let ManifestContent::Image {
        config: Some(config),
        layers,
    } = &manifest.content
    else {
        return Err(no_image(manifest));
    };
    let mut repo_tags = Vec::new();
    for name in names {
        repo_tags.extend(tagged(name)?.map(|(tagged, _)| tagged));
    }
    Ok(Written {
        config: blob_path(&config.digest),
        repo_tags,
        layers: layers
            .iter()
            .map(|layer| blob_path(&layer.digest))
            .collect(),
    })
}

/// Makes sure that an archive can have this image.
///
/// # Errors
/// It is something else, or an index of several.
pub(super) fn check(manifest: &Manifest) -> Result<(), Flaw> {
    match &manifest.content {
        ManifestContent::Index(children) => image_of(manifest.digest(), children).map(drop),
        ManifestContent::Image { .. } if is_image(manifest) => Ok(()),
        ManifestContent::Image { .. } => Err(no_image(manifest)),
    }
}

fn no_image(manifest: &Manifest) -> Flaw {
    let digest = manifest.digest();
    Flaw::shape(format!(
        "{digest} is no image that docker loads: write an oci-archive"
    ))
}

/// Whether it is an image, by its config and layers. The signatures of cosign are not, though
/// they have the config of one.
pub(super) fn is_image(manifest: &Manifest) -> bool {
    let ManifestContent::Image { config, layers } = &manifest.content else {
        return false;
    };
    let is_layer = |layer: &Descriptor| {
        let mut kinds = LAYERS.iter();
        kinds.any(|kind| layer.media_type.starts_with(kind))
    };
    let config = config.as_deref();
    config.is_some_and(|config| is_image_config(&config.media_type)) && layers.iter().all(is_layer)
}

/// The only image of the index with this digest.
///
/// # Errors
/// It has several, or none.
pub(super) fn image_of<'a>(
    digest: &Digest,
    index: &'a [Descriptor],
) -> Result<&'a Descriptor, Flaw> {
    let images = images_of(index);
    let [image] = images.as_slice() else {
        return Err(Flaw::shape(format!(
            "{digest} has {} platforms, and docker loads one from an archive: choose it with \
             --platform, or write an oci-archive",
            images.len()
        )));
    };
    Ok(image)
}

/// The images of an index, without what describes them: attestations of buildkit say so, and have
/// no platform.
fn images_of(index: &[Descriptor]) -> Vec<&Descriptor> {
    let is_image = |descriptor: &&Descriptor| {
        let platform = descriptor.platform.as_ref();
        !descriptor
            .annotations
            .contains_key("vnd.docker.reference.type")
            && platform.is_none_or(|platform| platform.os != "unknown")
    };
    index.iter().filter(is_image).collect()
}

/// Annotates a name as docker does: the whole reference, and its tag.
pub(super) fn annotate(name: &str, annotations: &mut BTreeMap<String, String>) {
    if let Ok(Some((_, reference))) = tagged(name) {
        let tag = reference.target().to_string();
        annotations.insert(
            IMAGE_NAME.to_owned(),
            format!("{}:{tag}", reference.repository),
        );
        annotations.insert(REF_NAME.to_owned(), tag);
    }
}

/// A name with its tag, which is `latest` if there is none. A digest is no name in docker.
fn tagged(name: &str) -> Result<Option<(String, Reference)>, Flaw> {
    let reference: Reference = name.parse().map_err(|_| {
        let name = printable(name);
        Flaw::shape(format!("docker cannot load an image by the name {name:?}"))
    })?;
    Ok(match (&reference.tag, &reference.digest) {
        (Some(_), None) => Some((name.to_owned(), reference)),
        (None, None) => Some((format!("{name}:latest"), reference)),
        (Some(tag), Some(_)) => {
            let tagged = reference.repository.tagged(tag.clone());
            Some((tagged.to_string(), tagged))
        }
        (None, Some(_)) => None,
    })
}

/// Where a blob is in a layout.
pub(super) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
}
