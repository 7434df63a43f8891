//! The manifest or index that an image is.

use std::sync::Arc;

use super::entry;
use super::platform;
use super::run::Run;
use super::source::Source;
use crate::oci::{self, Descriptor, Digest, Manifest, Target};
use crate::transfer::error::Error;
use crate::transfer::place::Place;

/// An image at its source.
pub(super) struct Origin {
    /// The source.
    pub(super) source: Source,
    /// Its names in a layout or archive.
    pub(super) names: Vec<String>,
    asked: Asked,
}

/// What a source is asked for.
enum Asked {
    /// A registry for a tag or digest.
    Registry(Target),
    /// A layout or archive for what an entry of it refers to.
    File(Descriptor),
}

/// An image as it will be moved.
pub(super) struct Root {
    /// Its digest.
    pub(super) digest: Digest,
    /// The index that it was taken from.
    pub(super) narrowed_from: Option<Digest>,
    state: State,
}

/// How much of it is known.
enum State {
    /// All.
    Read(Manifest),
    /// Only what it is called.
    Referred(Descriptor),
    /// Only its digest.
    Head,
}

impl Origin {
    /// Finds an image. Files are opened; a registry is not asked yet.
    pub(super) async fn open(run: &Run, place: &Place) -> Result<Self, Error> {
        let (path, name, is_layout) = match place {
            Place::Registry(reference) => {
                return Ok(Self {
                    source: Source::Registry(run.registries.at(&reference.repository)?),
                    names: Vec::new(),
                    asked: Asked::Registry(reference.target()),
                });
            }
            Place::Layout { directory, name } => (directory, name, true),
            Place::LayoutArchive { file, name } | Place::DockerArchive { file, name } => {
                (file, name, false)
            }
        };
        let file = run.reader(path, is_layout).await?;
        let found = entry::find(file.reader.entries(), name.as_deref(), &place.to_string())?;
        // What the user called it comes first.
        let mut names: Vec<String> = name.iter().cloned().collect();
        names.retain(|name| found.names.contains(name));
        names.extend(found.names.iter().cloned());
        let descriptor = found.descriptor.clone();
        Ok(Self {
            source: Source::File(Arc::clone(&file)),
            names,
            asked: Asked::File(descriptor),
        })
    }

    /// The digest of what will be moved, where that is known without asking.
    pub(super) fn digest(&self, run: &Run) -> Option<&Digest> {
        match &self.asked {
            _ if run.wishes.platform.is_some() => None,
            Asked::File(descriptor) => Some(&descriptor.digest),
            Asked::Registry(Target::Digest(digest)) => Some(digest),
            Asked::Registry(Target::Tag(_)) => None,
        }
    }

    /// Asks for the image, narrowed to the platform that is wished for; `by_head` when its digest
    /// is probably all that is needed.
    pub(super) async fn root(&self, run: &Run, by_head: bool) -> Result<Root, Error> {
        let by_head = by_head && run.wishes.platform.is_none();
        let manifest = match (&self.source, &self.asked) {
            (Source::Registry(remote), Asked::Registry(target)) => {
                let subject = || oci::Error::NotFound {
                    subject: match target {
                        Target::Tag(tag) => remote.repository().tagged(tag.clone()),
                        Target::Digest(digest) => remote.repository().at(digest.clone()),
                    }
                    .to_string(),
                };
                if by_head {
                    let head = remote.head(target).await?.ok_or_else(subject)?;
                    return Ok(Root {
                        digest: head.digest,
                        narrowed_from: None,
                        state: State::Head,
                    });
                }
                remote.manifest(target).await?.ok_or_else(subject)?
            }
            (source, Asked::File(descriptor)) => source.manifest(descriptor).await?,
            (Source::File(_), Asked::Registry(_)) => return Err(Error::Stopped),
        };
        match &run.wishes.platform {
            None => Ok(Root::of(manifest)),
            Some(wish) if manifest.children().is_empty() => {
                platform::check(&manifest, wish, &self.source).await?;
                Ok(Root::of(manifest))
            }
            Some(wish) => {
                let child = platform::pick(manifest.children(), wish, &self.source)?;
                Ok(Root {
                    digest: child.digest.clone(),
                    narrowed_from: Some(manifest.digest().clone()),
                    state: State::Referred(child.clone()),
                })
            }
        }
    }
}

impl Root {
    fn of(manifest: Manifest) -> Self {
        Self {
            digest: manifest.digest().clone(),
            narrowed_from: None,
            state: State::Read(manifest),
        }
    }

    /// The manifest or index.
    pub(super) async fn read(&self, source: &Source) -> Result<Manifest, Error> {
        match (&self.state, source) {
            (State::Read(manifest), _) => Ok(manifest.clone()),
            (State::Referred(descriptor), _) => source.manifest(descriptor).await,
            (State::Head, Source::Registry(remote)) => {
                let target = Target::Digest(self.digest.clone());
                let manifest = remote.manifest(&target).await?;
                let subject = remote.repository().at(self.digest.clone()).to_string();
                Ok(manifest.ok_or(oci::Error::NotFound { subject })?)
            }
            (State::Head, Source::File(_)) => Err(Error::Stopped),
        }
    }
}
