//! An archive that is both an OCI layout and what `docker save` writes.

use std::collections::{BTreeSet, HashMap};

use super::Entry;
use super::docker_manifest::Image;
use super::flaw::Flaw;
use super::reader::{Store, read_manifest};
use crate::oci::{Descriptor, Digest, Manifest};

/// The most bytes of manifests that are read to find out which image has which name; those of an
/// image have some 10,000.
const MAX_READ: u64 = 64 * 1024 * 1024;

/// What the manifests of an entry say.
#[derive(Default)]
struct Survey {
    /// The digests of the configs of its images.
    configs: Vec<Digest>,
    /// Whether at least one of its images is there with all of its blobs.
    complete: bool,
}

/// Gives the entries of the layout the names that `docker load` would give them, before those
/// that they have. `false` if the layout is not complete, so that it cannot be used.
pub(super) fn join(
    store: &impl Store,
    entries: &mut [Entry],
    images: &[Image],
) -> Result<bool, Flaw> {
    let mut left = MAX_READ;
    let mut by_config: HashMap<Digest, Vec<usize>> = HashMap::new();
    for (at, image) in images.iter().enumerate() {
        if let Some(config) = image.config_digest() {
            by_config.entry(config).or_default().push(at);
        }
    }
    for entry in entries {
        let survey = survey(store, &entry.descriptor, &mut left)?;
        if !survey.complete {
            return Ok(false);
        }
        let configs = survey.configs.iter();
        let here = configs.filter_map(|config| by_config.get(config));
        let here: BTreeSet<usize> = here.flatten().copied().collect();
        let here = here.into_iter().filter_map(|at| images.get(at));
        let names: Vec<String> = here.flat_map(Image::names).cloned().collect();
        let others = std::mem::take(&mut entry.names);
        entry.add(names);
        entry.add(others);
    }
    Ok(true)
}

fn survey(store: &impl Store, entry: &Descriptor, left: &mut u64) -> Result<Survey, Flaw> {
    let mut survey = Survey::default();
    let Some(manifest) = read(store, entry, left)? else {
        return Ok(survey);
    };
    if manifest.children().is_empty() {
        survey.add(store, &manifest)?;
    }
    for child in manifest.children() {
        if let Some(child) = read(store, child, left)? {
            survey.add(store, &child)?;
        }
    }
    Ok(survey)
}

fn read(
    store: &impl Store,
    descriptor: &Descriptor,
    left: &mut u64,
) -> Result<Option<Manifest>, Flaw> {
    *left = left
        .checked_sub(descriptor.size)
        .ok_or_else(|| Flaw::shape("its manifests have more than 64 MiB"))?;
    read_manifest(store, descriptor)
}

impl Survey {
    fn add(&mut self, store: &impl Store, manifest: &Manifest) -> Result<(), Flaw> {
        let mut complete = true;
        for blob in manifest.blobs() {
            complete &= store.open(&blob.digest, 0)?.is_some();
        }
        self.complete |= complete;
        self.configs
            .extend(manifest.blobs().next().map(|config| config.digest.clone()));
        Ok(())
    }
}
