//! Images of `docker save` that have no manifests: they are made here, as `docker push` would.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::error::Error;
use super::Entry;
use super::compress::{Layer, Place, prepare};
use super::docker_manifest::Image;
use super::flaw::Flaw;
use super::index::Limited;
use super::reader::{Opened, Store};
use super::source::{Section, Source, Span};
use super::stream::Form;
use super::tar_index::TarIndex;
use crate::oci::{Descriptor, Digest, MAX_DESCRIPTORS, MAX_MANIFEST, media_type};
use crate::text::printable;

/// What the images of an archive consist of.
pub(super) struct DockerBlobs(HashMap<Digest, Place>);

impl Store for DockerBlobs {
    fn open(&self, digest: &Digest, from: u64) -> Result<Option<Opened>, Flaw> {
        let Some(place) = self.0.get(digest) else {
            return Ok(None);
        };
        let content = Section::new(Arc::clone(&place.source), place.span, from);
        let size = place.span.size;
        let bytes = Box::new(content);
        Ok(Some(Opened { size, bytes }))
    }
}

/// An image whose parts have been found.
struct Found {
    names: Vec<String>,
    config: Vec<u8>,
    diff_ids: Vec<Digest>,
    config_span: Span,
    layers: Vec<Span>,
}

/// A config, as far as it is needed.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Deserialize, Default)]
struct RootFs {
    #[serde(default)]
    diff_ids: Limited<Digest, MAX_DESCRIPTORS>,
}

/// A manifest, with its fields in the order of Go's clients: what they make of the same archive
/// has the same digest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    schema_version: u8,
    media_type: &'a str,
    config: Part<'a>,
    layers: Vec<Part<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    media_type: &'a str,
    size: u64,
    digest: &'a Digest,
}

/// Makes the manifests of these images, and their layers ready.
pub(super) fn open(
    path: &Path,
    archive: &Arc<dyn Source>,
    index: &TarIndex,
    images: &[Image],
) -> Result<(DockerBlobs, Vec<Entry>), Error> {
    let found: Result<Vec<Found>, Flaw> = images
        .iter()
        .map(|image| find(archive, index, image))
        .collect();
    let found = found.map_err(|flaw| flaw.of(path))?;
    let mut seen = HashSet::new();
    let mut spans: Vec<Span> = found
        .iter()
        .flat_map(|image| image.layers.clone())
        .collect();
    spans.retain(|span| seen.insert(*span));
    let layers = prepare(path, archive, &spans)?;
    let mut blobs = DockerBlobs(HashMap::new());
    let mut entries: Vec<Entry> = Vec::new();
    for image in found {
        let entry = make(archive, &mut blobs, &layers, image).map_err(|flaw| flaw.of(path))?;
        let same = |other: &&mut Entry| other.descriptor.digest == entry.descriptor.digest;
        match entries.iter_mut().find(same) {
            Some(other) => other.add(entry.names),
            None => entries.push(entry),
        }
    }
    Ok((blobs, entries))
}

fn find(archive: &Arc<dyn Source>, index: &TarIndex, image: &Image) -> Result<Found, Flaw> {
    let file = |name: &str| {
        let found = index.find(name)?;
        found.ok_or_else(|| {
            let name = printable(name);
            Flaw::shape(format!(
                "its manifest.json names {name}, which is not in it"
            ))
        })
    };
    let config_span = file(&image.config)?;
    let name = printable(&image.config);
    if config_span.size > MAX_MANIFEST as u64 {
        return Err(Flaw::shape(format!(
            "the config {name} is longer than 4 MiB"
        )));
    }
    let mut config = Vec::new();
    Section::new(Arc::clone(archive), config_span, 0).read_to_end(&mut config)?;
    let parsed: Config = serde_json::from_slice(&config)
        .map_err(|error| Flaw::shape(format!("the config {name} is damaged: {error}")))?;
    let diff_ids = parsed.rootfs.diff_ids.0;
    let layers: Vec<Span> = image
        .layers()
        .iter()
        .map(|layer| file(layer))
        .collect::<Result<_, _>>()?;
    if diff_ids.len() != layers.len() {
        return Err(Flaw::shape(format!(
            "the config {name} has {} layers, its manifest.json has {}",
            diff_ids.len(),
            layers.len()
        )));
    }
    Ok(Found {
        names: image.names().to_vec(),
        config,
        diff_ids,
        config_span,
        layers,
    })
}

/// Makes the manifest of an image and takes its parts into `blobs`.
fn make(
    archive: &Arc<dyn Source>,
    blobs: &mut DockerBlobs,
    known: &HashMap<Span, Layer>,
    image: Found,
) -> Result<Entry, Flaw> {
    let mut layers = Vec::new();
    for (span, diff_id) in image.layers.iter().zip(&image.diff_ids) {
        let Some(layer) = known.get(span) else {
            continue;
        };
        if layer.diff_id != *diff_id {
            return Err(Flaw::shape(format!(
                "a layer is damaged: its config says {diff_id}, it is {}",
                layer.diff_id
            )));
        }
        layers.push(layer);
    }
    // Docker's manifests know no zstd.
    let oci = layers.iter().any(|layer| layer.form == Form::Zstd);
    let (manifest_type, config_type, gzip_type) = if oci {
        (
            media_type::OCI_MANIFEST,
            media_type::OCI_CONFIG,
            media_type::OCI_LAYER_GZIP,
        )
    } else {
        (
            media_type::DOCKER_MANIFEST,
            media_type::DOCKER_CONFIG,
            media_type::DOCKER_LAYER,
        )
    };
    let config = Digest::of(&image.config);
    let made = Made {
        schema_version: 2,
        media_type: manifest_type,
        config: Part {
            media_type: config_type,
            size: image.config_span.size,
            digest: &config,
        },
        layers: layers
            .iter()
            .map(|layer| Part {
                media_type: match layer.form {
                    Form::Zstd => media_type::OCI_LAYER_ZSTD,
                    _ => gzip_type,
                },
                size: layer.place.span.size,
                digest: &layer.digest,
            })
            .collect(),
    };
    let manifest = serde_json::to_vec(&made).map_err(std::io::Error::from)?;
    let digest = Digest::of(&manifest);
    let descriptor = Descriptor::new(manifest_type, digest.clone(), manifest.len() as u64);
    let span = Span {
        offset: 0,
        size: manifest.len() as u64,
    };
    let source: Arc<dyn Source> = Arc::new(manifest);
    blobs.0.insert(digest, Place { source, span });
    let place = Place {
        source: Arc::clone(archive),
        span: image.config_span,
    };
    blobs.0.insert(config.clone(), place);
    for layer in layers {
        blobs.0.insert(layer.digest.clone(), layer.place.clone());
    }
    Ok(Entry {
        names: image.names,
        descriptor,
    })
}
