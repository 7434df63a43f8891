//! What reading is the same for, wherever the content comes from.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;

use super::super::error::Error;
use super::flaw::Flaw;
use super::{Entry, Reader};
use crate::oci::{
    BadManifest, Descriptor, Digest, MAX_MANIFEST, Manifest, ManifestContent, Mismatch, Verifier,
};

/// Content that has been found.
pub(super) struct Opened {
    /// The size of all of it.
    pub(super) size: u64,
    /// Its bytes from the offset on that was asked for.
    pub(super) bytes: Box<dyn Read + Send>,
}

/// Content by digest.
pub(super) trait Store: Send + Sync {
    /// What has this digest, from an offset on. `None` if it is not there.
    fn open(&self, digest: &Digest, from: u64) -> Result<Option<Opened>, Flaw>;
}

/// Reads images out of a store.
pub(super) struct StoreReader<S> {
    path: PathBuf,
    store: S,
    entries: Vec<Entry>,
    /// The entries that refer to something, by what they refer to, once somebody asked.
    referrers: Mutex<Option<Referrers>>,
}

/// Positions of entries: what their manifests say would be too much to keep.
type Referrers = HashMap<Digest, Vec<usize>>;

impl<S: Store> StoreReader<S> {
    /// A reader of these images; errors call the store `path`.
    pub(super) fn new(path: PathBuf, store: S, entries: Vec<Entry>) -> Self {
        Self {
            path,
            store,
            entries,
            referrers: Mutex::new(None),
        }
    }

    fn find_referrers(&self) -> Result<Referrers, Flaw> {
        let mut referrers = Referrers::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let manifest = read_manifest(&self.store, &entry.descriptor)?;
            if let Some(subject) = manifest.and_then(|manifest| manifest.subject) {
                referrers.entry(subject.digest).or_default().push(at);
            }
        }
        Ok(referrers)
    }

    fn referrers_of(&self, digest: &Digest) -> Result<Vec<Descriptor>, Flaw> {
        let mut known = self
            .referrers
            .lock()
            .unwrap_or_else(|held| held.into_inner());
        let known = match &mut *known {
            Some(known) => known,
            unknown => unknown.insert(self.find_referrers()?),
        };
        let mut referrers = Vec::new();
        for at in known.get(digest).into_iter().flatten() {
            if let Some(entry) = self.entries.get(*at) {
                let manifest = read_manifest(&self.store, &entry.descriptor)?;
                referrers.extend(manifest.as_ref().map(referrer));
            }
        }
        Ok(referrers)
    }
}

impl<S: Store> Reader for StoreReader<S> {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Option<Manifest>, Error> {
        read_manifest(&self.store, descriptor).map_err(|flaw| flaw.of(&self.path))
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn Read + Send>, Error> {
        let digest = &descriptor.digest;
        let opened = self.store.open(digest, from);
        match opened.map_err(|flaw| flaw.of(&self.path))? {
            Some(opened) if opened.size == descriptor.size => Ok(opened.bytes),
            Some(opened) => Err(wrong_size(descriptor, opened.size).of(&self.path)),
            None => Err(Flaw::shape(format!("it does not have the blob {digest}")).of(&self.path)),
        }
    }

    fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Error> {
        let referrers = self.referrers_of(digest);
        referrers.map_err(|flaw| flaw.of(&self.path))
    }
}

/// A manifest of the store, checked; `None` if it is not there.
pub(super) fn read_manifest(
    store: &impl Store,
    descriptor: &Descriptor,
) -> Result<Option<Manifest>, Flaw> {
    if descriptor.size > MAX_MANIFEST as u64 {
        return Err(BadManifest::TooLong.into());
    }
    let Some(opened) = store.open(&descriptor.digest, 0)? else {
        return Ok(None);
    };
    let size = opened.size;
    if size != descriptor.size {
        return Err(wrong_size(descriptor, size));
    }
    let mut bytes = Vec::new();
    opened.bytes.take(size).read_to_end(&mut bytes)?;
    let mut verifier = Verifier::new(descriptor.digest.clone(), Some(size));
    verifier.update(&bytes)?;
    verifier.finish()?;
    let media_type = Some(descriptor.media_type.as_str());
    let manifest = Manifest::parse(bytes.into(), descriptor.digest.clone(), media_type)?;
    Ok(Some(manifest))
}

fn wrong_size(descriptor: &Descriptor, found: u64) -> Flaw {
    let digest = descriptor.digest.clone();
    let expected = descriptor.size;
    Mismatch::Size {
        digest,
        expected,
        found,
    }
    .into()
}

/// How the referrers API would list a manifest: with its kind and its annotations (OCI
/// distribution specification 1.1, "Listing Referrers").
fn referrer(manifest: &Manifest) -> Descriptor {
    let config = match &manifest.content {
        ManifestContent::Image { config, .. } => config.as_ref(),
        ManifestContent::Index(_) => None,
    };
    let mut descriptor = manifest.descriptor();
    descriptor.annotations = manifest.annotations.clone();
    descriptor.artifact_type = manifest
        .artifact_type
        .clone()
        .or_else(|| config.map(|config| config.media_type.clone()));
    descriptor
}
