//! Images of `docker save` that have no manifests: they are made here, as `docker push` would.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::error::Error;
use super::Entry;
use super::compress::{Layer, Place, prepare};
use super::docker_manifest::{Image, MAX_LAYERS};
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
    config: Arc<FoundConfig>,
    layers: Vec<Span>,
}

/// A config that has been found.
struct FoundConfig {
    span: Span,
    digest: Digest,
    diff_ids: Vec<Digest>,
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
    diff_ids: Limited<Digest, MAX_LAYERS>,
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
    let found = find_all(archive, index, images).map_err(|flaw| flaw.of(path))?;
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

fn find_all(
    archive: &Arc<dyn Source>,
    index: &TarIndex,
    images: &[Image],
) -> Result<Vec<Found>, Flaw> {
    let file = |name: &str| {
        let found = index.find(name)?;
        found.ok_or_else(|| {
            let name = printable(name);
            Flaw::shape(format!(
                "its manifest.json names {name}, which is not in it"
            ))
        })
    };
    let mut configs: HashMap<Span, Arc<FoundConfig>> = HashMap::new();
    let mut found = Vec::new();
    let mut count = 0;
    for image in images {
        let span = file(&image.config)?;
        let name = printable(&image.config);
        let config = match configs.get(&span) {
            Some(config) => Arc::clone(config),
            None => Arc::new(read_config(archive, span, &name)?),
        };
        configs.insert(span, Arc::clone(&config));
        let layers = image.layers();
        if config.diff_ids.len() != layers.len() {
            return Err(Flaw::shape(format!(
                "the config {name} has {} layers, its manifest.json has {}",
                config.diff_ids.len(),
                layers.len()
            )));
        }
        count += layers.len();
        if count > MAX_DESCRIPTORS {
            return Err(Flaw::shape(format!(
                "its images have more than {MAX_DESCRIPTORS} layers"
            )));
        }
        found.push(Found {
            names: image.names().to_vec(),
            config,
            layers: layers
                .iter()
                .map(|layer| file(layer))
                .collect::<Result<_, _>>()?,
        });
    }
    Ok(found)
}

fn read_config(archive: &Arc<dyn Source>, span: Span, name: &str) -> Result<FoundConfig, Flaw> {
    if span.size > MAX_MANIFEST as u64 {
        return Err(Flaw::shape(format!(
            "the config {name} is longer than 4 MiB"
        )));
    }
    let mut bytes = Vec::new();
    Section::new(Arc::clone(archive), span, 0).read_to_end(&mut bytes)?;
    let config: Config = serde_json::from_slice(&bytes)
        .map_err(|error| Flaw::shape(format!("the config {name} is damaged: {error}")))?;
    Ok(FoundConfig {
        span,
        digest: Digest::of(&bytes),
        diff_ids: config.rootfs.diff_ids.0,
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
    for (span, diff_id) in image.layers.iter().zip(&image.config.diff_ids) {
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
    let config = &image.config;
    let made = Made {
        schema_version: 2,
        media_type: manifest_type,
        config: Part {
            media_type: config_type,
            size: config.span.size,
            digest: &config.digest,
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
        span: config.span,
    };
    blobs.0.insert(config.digest.clone(), place);
    for layer in layers {
        blobs.0.insert(layer.digest.clone(), layer.place.clone());
    }
    Ok(Entry {
        names: image.names,
        descriptor,
    })
}
