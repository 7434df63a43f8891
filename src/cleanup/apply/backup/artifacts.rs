//! A backup in a registry: artifacts whose layers are manifests and configs. Their media types are
//! our own: registries look for manifests that an artifact has as layers under their own types.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::blob;
use super::super::error::Fault;
use super::{Kept, Parts, Place, REPOSITORY, Saved};
use crate::error::Failure;
use crate::oci::media_type::OCI_MANIFEST;
use crate::oci::{
    self, BadContent, Descriptor, Digest, Manifest, ManifestContent, Remote, Repository, Tag,
    Target,
};
use crate::registry;
use crate::transfer;
use crate::transfer::local::Entry;

/// What these artifacts are.
const KIND: &str = "application/vnd.dockside.backup.v1+json";

/// A manifest that was saved.
const MANIFEST: &str = "application/vnd.dockside.backup.manifest.v1+json";

/// A config that was saved.
const CONFIG: &str = "application/vnd.dockside.backup.config.v1";

/// The config of an artifact without one (OCI image specification 1.1, manifest.md).
const EMPTY: (&str, &[u8]) = ("application/vnd.oci.empty.v1+json", b"{}");

/// The annotation of a layer that says what the manifest's media type was.
const MEDIA_TYPE: &str = "dev.dockside.backup.media-type";

/// The annotation of a layer with the manifest's tags, separated by spaces.
const TAGS: &str = "dev.dockside.backup.tags";

/// The artifacts of a backup.
pub(super) struct Artifacts {
    remote: Remote,
    tag: Tag,
    /// The number of the next one, from 1.
    next: usize,
    /// The repository that is saved.
    repository: String,
}

impl Artifacts {
    pub(super) fn new(remote: Remote, tag: Tag, repository: &Repository) -> Self {
        Self {
            remote: remote.writing(),
            tag,
            next: 1,
            repository: repository.to_string(),
        }
    }

    /// The tag of the next artifact, which nothing has yet: another run may have begun.
    async fn free(&mut self) -> Result<Target, transfer::Error> {
        loop {
            let tag = numbered(&self.remote, &self.tag, self.next)?;
            let target = Target::Tag(tag);
            self.next += 1;
            if self.remote.head(&target).await?.is_none() {
                return Ok(target);
            }
        }
    }

    async fn put(&self, target: &Target, kept: Vec<Kept>) -> Result<(), transfer::Error> {
        let (kind, empty) = EMPTY;
        let config = Descriptor::new(kind, Digest::of(empty), empty.len() as u64);
        blob::put(&self.remote, &config, Bytes::from_static(empty)).await?;
        let mut layers = Vec::new();
        let mut configs = BTreeMap::new();
        for one in kept {
            let tags = one.entry.names.iter();
            let tags = tags.filter_map(|name| name.rsplit_once(':'));
            let tags: Vec<&str> = tags.map(|(_, tag)| tag).collect();
            let manifest = one.entry.descriptor;
            let mut layer = Descriptor::new(MANIFEST, manifest.digest, manifest.size);
            layer.annotations.extend([
                (MEDIA_TYPE.to_owned(), manifest.media_type),
                (TAGS.to_owned(), tags.join(" ")),
            ]);
            layers.push(layer);
            if let Some(config) = one.config {
                let layer = Descriptor::new(CONFIG, config.digest, config.size);
                configs.insert(layer.digest.to_string(), layer);
            }
        }
        layers.extend(configs.into_values());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": KIND,
            "config": config,
            "layers": layers,
            "annotations": {REPOSITORY: self.repository},
        });
        let bytes = Bytes::from(manifest.to_string());
        let digest = Digest::of(&bytes);
        let manifest = parse(&self.remote, bytes, digest, OCI_MANIFEST)?;
        self.remote.put_manifest(target, &manifest).await?;
        Ok(())
    }
}

impl Place for Artifacts {
    fn begin(&mut self, _: &[(String, Digest)]) -> Result<(), transfer::Error> {
        Ok(())
    }

    fn add<'a>(&'a self, saved: &'a Saved) -> BoxFuture<'a, Result<(), transfer::Error>> {
        Box::pin(async move {
            if let Some((config, bytes)) = &saved.config {
                blob::put(&self.remote, config, bytes.clone()).await?;
            }
            let manifest = &saved.manifest;
            let bytes = manifest.bytes().clone();
            Ok(blob::put(&self.remote, &manifest.descriptor(), bytes).await?)
        })
    }

    fn list(&mut self, kept: Vec<Kept>) -> BoxFuture<'_, Result<(), transfer::Error>> {
        Box::pin(async move {
            let target = self.free().await?;
            self.put(&target, kept).await
        })
    }
}

/// The tag of an artifact.
fn numbered(remote: &Remote, tag: &Tag, number: usize) -> Result<Tag, transfer::Error> {
    if number == 1 {
        return Ok(tag.clone());
    }
    let numbered = format!("{tag}-{number}");
    numbered.parse().map_err(|_| transfer::Error::Missing {
        place: remote.repository().tagged(tag.clone()).to_string(),
        what: "room for numbers behind its tag: choose a shorter one".to_owned(),
        has: Vec::new(),
    })
}

fn parse(
    remote: &Remote,
    bytes: Bytes,
    digest: Digest,
    media_type: &str,
) -> Result<Manifest, oci::Error> {
    let subject = remote.repository().at(digest.clone()).to_string();
    Manifest::parse(bytes, digest, Some(media_type)).map_err(|bad| oci::Error::Content {
        subject,
        source: BadContent::Manifest(bad),
    })
}

/// Reads the artifacts of a backup into a directory, as if they had been saved there.
///
/// # Errors
/// There are none, one of them is something else, or cannot be read.
pub async fn fetch(remote: &Remote, tag: &Tag, directory: &std::path::Path) -> Result<(), Failure> {
    let mut parts = Parts::open(directory.to_owned())?;
    for number in 1.. {
        let target = Target::Tag(numbered(remote, tag, number)?);
        match remote.manifest(&target).await? {
            Some(one) if one.artifact_type.as_deref() == Some(KIND) => {
                unpack(remote, &one, &mut parts).await?;
            }
            // A number that somebody else had is left out.
            Some(_) if number > 1 => {}
            None if number > 1 => break,
            Some(_) | None => {
                return Err(transfer::Error::Missing {
                    place: remote.repository().tagged(tag.clone()).to_string(),
                    what: "backup".to_owned(),
                    has: Vec::new(),
                }
                .into());
            }
        }
    }
    Ok(())
}

async fn unpack(remote: &Remote, artifact: &Manifest, parts: &mut Parts) -> Result<(), Failure> {
    let repository = artifact.annotations.get(REPOSITORY).cloned();
    let repository = repository.unwrap_or_default();
    let configs = artifact.blobs().filter(|one| one.media_type == CONFIG);
    let configs: BTreeMap<String, &Descriptor> = configs
        .map(|config| (config.digest.to_string(), config))
        .collect();
    let layers = artifact.blobs().filter(|one| one.media_type == MANIFEST);
    let layers: Vec<&Descriptor> = layers.collect();
    let names_of = |layer: &Descriptor| {
        let tags = layer.annotations.get(TAGS).map_or("", String::as_str);
        let tags = tags.split(' ').filter(|tag| !tag.is_empty());
        let names = tags.map(|tag| format!("{repository}:{tag}"));
        names.collect::<Vec<String>>()
    };
    let names = layers.iter().flat_map(|layer| {
        let names = names_of(layer).into_iter();
        names.map(|name| (name, layer.digest.clone()))
    });
    parts.begin(&names.collect::<Vec<_>>())?;
    let mut kept = Vec::new();
    for layer in layers {
        let bytes = whole(remote, layer).await?;
        let said = layer.annotations.get(MEDIA_TYPE).map_or("", String::as_str);
        let manifest = parse(remote, bytes, layer.digest.clone(), said)?;
        let config = match &manifest.content {
            ManifestContent::Image { config, .. } => config.as_deref().cloned(),
            ManifestContent::Index(_) => None,
        };
        let config = match config {
            Some(config) if configs.contains_key(&config.digest.to_string()) => {
                let bytes = whole(remote, &config).await?;
                Some((config, bytes))
            }
            _ => None,
        };
        let mut descriptor = manifest.descriptor();
        let place = (REPOSITORY.to_owned(), repository.clone());
        descriptor.annotations.extend([place]);
        let names = names_of(layer);
        let saved = Saved {
            entry: Entry { names, descriptor },
            manifest,
            config,
        };
        parts.add(&saved).await?;
        kept.push(saved.kept());
    }
    Ok(parts.list(kept).await?)
}

async fn whole(remote: &Remote, blob: &Descriptor) -> Result<Bytes, Failure> {
    let bytes = registry::read(remote, blob).await?;
    let gone = || Fault::BlobGone {
        subject: remote.repository().at(blob.digest.clone()),
        blob: blob.digest.clone(),
    };
    Ok(bytes.ok_or_else(gone)?)
}
