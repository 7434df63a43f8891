//! Where an image is looked at: a registry, or a layout or archive.

use std::io::Read as _;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Failure;
use crate::oci::{BadContent, Descriptor, Digest, Manifest, Registries, Remote, Verifier};
use crate::registry::{self, MAX_CONFIG};
use crate::transfer::local::{self, Entry, Reader};
use crate::transfer::{self, Place};

/// One place, open.
pub(super) enum Source {
    Registry(Remote),
    Local {
        /// As it was written.
        place: Place,
        reader: Arc<dyn Reader>,
    },
}

impl Source {
    /// Opens a place. Registries are not asked for anything yet.
    pub(super) async fn open(place: &Place, registries: &Registries) -> Result<Self, Failure> {
        let opened = place.clone();
        let open = move || match &opened {
            Place::Registry(_) => Ok(None),
            Place::Layout { directory, .. } => local::open_layout(directory).map(Some),
            Place::LayoutArchive { file, .. } | Place::DockerArchive { file, .. } => {
                local::open_archive(file).map(Some)
            }
        };
        if let Place::Registry(reference) = place {
            return Ok(Self::Registry(registries.at(&reference.repository)?));
        }
        match blocking(open).await? {
            Some(reader) => Ok(Self::Local {
                place: place.clone(),
                reader: reader.into(),
            }),
            None => Err(missing(place, "image", Vec::new()).into()),
        }
    }

    /// The manifest or index that `place` names.
    pub(super) async fn named(&self, place: &Place) -> Result<Manifest, Failure> {
        let found = match (self, place) {
            (Self::Registry(remote), Place::Registry(reference)) => {
                remote.manifest(&reference.target()).await?
            }
            (Self::Registry(_), _) => None,
            (Self::Local { reader, .. }, _) => {
                let descriptor = named_entry(place, reader.entries())?.descriptor.clone();
                self.manifest(&descriptor).await?
            }
        };
        found.ok_or_else(|| missing(place, "manifest", Vec::new()).into())
    }

    /// A manifest that another one lists.
    pub(super) async fn manifest(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Option<Manifest>, Failure> {
        match self {
            Self::Registry(remote) => {
                let target = crate::oci::Target::Digest(descriptor.digest.clone());
                Ok(remote.manifest(&target).await?)
            }
            Self::Local { reader, .. } => {
                let (reader, descriptor) = (Arc::clone(reader), descriptor.clone());
                blocking(move || reader.manifest(&descriptor)).await
            }
        }
    }

    /// The content of a config, checked; `None` when it is too long to be one.
    pub(super) async fn config(&self, config: &Descriptor) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Registry(remote) => Ok(registry::read(remote, config).await?),
            Self::Local { .. } if config.size > MAX_CONFIG => Ok(None),
            Self::Local { place, reader } => {
                let (place, reader) = (place.clone(), Arc::clone(reader));
                let config = config.clone();
                blocking(move || checked(&place, &*reader, &config))
                    .await
                    .map(Some)
            }
        }
    }

    /// What refers to a manifest.
    pub(super) async fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Failure> {
        match self {
            Self::Registry(remote) => Ok(remote.referrers(digest).await?),
            Self::Local { reader, .. } => {
                let (reader, digest) = (Arc::clone(reader), digest.clone());
                blocking(move || reader.referrers(&digest)).await
            }
        }
    }
}

/// Runs what reads files in a thread that may wait for them.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, transfer::Error> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        // It panicked, or the process is being stopped.
        Err(source) => Err(transfer::Error::File {
            path: ".".into(),
            source: std::io::Error::other(source),
        }
        .into()),
    }
}

fn checked(
    place: &Place,
    reader: &dyn Reader,
    config: &Descriptor,
) -> Result<Bytes, transfer::Error> {
    let path = match place {
        Place::Registry(_) => Default::default(),
        Place::Layout { directory, .. } => directory.clone(),
        Place::LayoutArchive { file, .. } | Place::DockerArchive { file, .. } => file.clone(),
    };
    let mut bytes = Vec::new();
    // One byte more shows that there are too many.
    let mut content = reader.blob(config, 0)?.take(MAX_CONFIG + 1);
    if let Err(source) = content.read_to_end(&mut bytes) {
        return Err(transfer::Error::File { path, source });
    }
    let mut verifier = Verifier::new(config.digest.clone(), Some(config.size));
    let verdict = verifier.update(&bytes).and_then(|()| verifier.finish());
    verdict.map_err(|mismatch| transfer::Error::Content {
        path,
        source: BadContent::Mismatch(mismatch),
    })?;
    Ok(bytes.into())
}

/// The image that a place names: by tag or reference, by digest, by `@INDEX` as skopeo counts, or
/// without a name the only one.
fn named_entry<'e>(place: &Place, entries: &'e [Entry]) -> Result<&'e Entry, transfer::Error> {
    let name = match place {
        Place::Registry(_) => &None,
        Place::Layout { name, .. }
        | Place::LayoutArchive { name, .. }
        | Place::DockerArchive { name, .. } => name,
    };
    let has = || entries.iter().map(shown).collect();
    let Some(name) = name else {
        return match entries {
            [only] => Ok(only),
            [] => Err(missing(place, "image", Vec::new())),
            _ => Err(missing(place, "single image; name one", has())),
        };
    };
    let counted = name
        .strip_prefix('@')
        .and_then(|at| at.parse::<usize>().ok());
    let found = match counted {
        Some(at) => entries.get(at),
        None => entries.iter().find(|entry| {
            entry.names.contains(name) || entry.descriptor.digest.to_string() == *name
        }),
    };
    found.ok_or_else(|| missing(place, name, has()))
}

fn shown(entry: &Entry) -> String {
    match entry.names.first() {
        Some(name) => name.clone(),
        None => entry.descriptor.digest.to_string(),
    }
}

/// That a place does not have something.
pub(super) fn missing(place: &Place, what: &str, has: Vec<String>) -> transfer::Error {
    transfer::Error::Missing {
        place: place.to_string(),
        what: what.to_owned(),
        has,
    }
}
