//! One target of one image: what it will be called there, and what is asked before.

use std::sync::Arc;

use super::Expectation;
use super::root::Origin;
use super::run::Run;
use super::sink::{Kind, Sink};
use crate::oci::{Digest, Target};
use crate::transfer::error::Error;
use crate::transfer::local::Entry;
use crate::transfer::place::Place;

/// One target of one image.
pub(super) struct Goal {
    /// The target, complete.
    pub(super) place: Place,
    /// Where it is.
    pub(super) sink: Arc<Sink>,
    /// What it is called there.
    pub(super) name: Name,
}

/// What an image is called in its target.
#[derive(Clone)]
pub(super) enum Name {
    /// In a repository.
    At(Target),
    /// In a layout or archive; there it need not have a name.
    Entry(Option<String>),
}

/// A tag for a layout, from what the image is called at its source.
fn tag(source: &Place, origin: &Origin) -> Option<String> {
    match source {
        Place::Registry(reference) => match reference.target() {
            Target::Tag(tag) => Some(tag.to_string()),
            Target::Digest(_) => None,
        },
        _ => origin.names.first().cloned(),
    }
}

/// A whole reference for `docker load`.
fn whole(source: &Place, origin: &Origin) -> Option<String> {
    match source {
        Place::Registry(reference) => match reference.target() {
            Target::Tag(tag) => Some(reference.repository.tagged(tag).to_string()),
            Target::Digest(_) => None,
        },
        _ => origin.names.first().cloned(),
    }
}

impl Goal {
    /// What the user named, with what was left out.
    pub(super) fn new(
        run: &Run,
        place: &Place,
        source: &Place,
        origin: &Origin,
    ) -> Result<Self, Error> {
        let file = |kind, path| Ok::<_, Error>(Arc::new(Sink::File(run.file(kind, path)?)));
        Ok(match place {
            Place::Registry(reference) => {
                let target = match &reference.tag {
                    Some(tag) => Target::Tag(tag.clone()),
                    None => reference.target(),
                };
                let mut complete = reference.clone();
                if let Target::Tag(tag) = &target {
                    complete.tag = Some(tag.clone());
                }
                Self {
                    sink: Arc::new(run.repository(&reference.repository, source)?),
                    place: Place::Registry(complete),
                    name: Name::At(target),
                }
            }
            Place::Layout { directory, name } => {
                let name = name.clone().or_else(|| tag(source, origin));
                Self {
                    sink: file(Kind::Layout, directory)?,
                    name: Name::Entry(name.clone()),
                    place: Place::Layout {
                        directory: directory.clone(),
                        name,
                    },
                }
            }
            Place::LayoutArchive { file: path, name } => {
                let name = name.clone().or_else(|| tag(source, origin));
                Self {
                    sink: file(Kind::LayoutArchive, path)?,
                    name: Name::Entry(name.clone()),
                    place: Place::LayoutArchive {
                        file: path.clone(),
                        name,
                    },
                }
            }
            Place::DockerArchive { file: path, name } => {
                let name = name.clone().or_else(|| whole(source, origin));
                Self {
                    sink: file(Kind::DockerArchive, path)?,
                    name: Name::Entry(name.clone()),
                    place: Place::DockerArchive {
                        file: path.clone(),
                        name,
                    },
                }
            }
        })
    }

    /// Whether to ask the target for its digest before anything is moved. `root` is what will be
    /// moved, where that is known by now.
    pub(super) fn is_asked(&self, run: &Run, expect: Expectation, root: Option<&Digest>) -> bool {
        let (Sink::Registry(repo), Name::At(target)) = (&*self.sink, &self.name) else {
            return true;
        };
        if run.wishes.no_clobber {
            return true;
        }
        match (expect, target, root) {
            (Expectation::Present, ..) => true,
            (Expectation::Absent, ..) => false,
            (Expectation::Unknown, Target::Digest(digest), _) => repo.remembers(digest),
            (Expectation::Unknown, Target::Tag(tag), Some(root)) => {
                let named = repo.known.named(repo.remote.repository(), tag, root);
                named == Some(true)
            }
            (Expectation::Unknown, Target::Tag(tag), None) => {
                repo.known.remembers_tag(repo.remote.repository(), tag)
            }
        }
    }

    /// What the target has under this name now. One request to a registry.
    pub(super) async fn now(&self, run: &Run) -> Result<Option<Digest>, Error> {
        match (&*self.sink, &self.name) {
            (Sink::Registry(repo), Name::At(target)) => {
                let head = repo.remote.head(target).await?;
                Ok(head.map(|head| head.digest))
            }
            (Sink::File(files), Name::Entry(name)) => {
                let is_replaced = if files.is_layout() {
                    name.is_none()
                } else {
                    !run.wishes.no_clobber
                };
                if is_replaced {
                    return Ok(None);
                }
                let Some(reader) = files.before().await? else {
                    return Ok(None);
                };
                let named = |entry: &&Entry| name.iter().any(|name| entry.names.contains(name));
                let entry = reader.entries().iter().find(named);
                // An archive would be replaced with all that it has.
                let any = || reader.entries().first().filter(|_| !files.is_layout());
                Ok(entry
                    .or_else(any)
                    .map(|entry| entry.descriptor.digest.clone()))
            }
            _ => Ok(None),
        }
    }

    /// Whether the target can name this image.
    ///
    /// # Errors
    /// It is named by another digest.
    pub(super) fn accept(&self, root: &Digest) -> Result<(), Error> {
        let Place::Registry(reference) = &self.place else {
            return Ok(());
        };
        match &reference.digest {
            Some(digest) if digest != root => Err(Error::OtherDigest {
                target: self.place.to_string(),
                found: root.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// What the image is called in its repository.
    pub(super) fn at(&self) -> Option<&Target> {
        match &self.name {
            Name::At(target) => Some(target),
            Name::Entry(_) => None,
        }
    }
}
