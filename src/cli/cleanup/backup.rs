//! Where manifests are saved before they go, as users write it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tempfile::TempDir;

use crate::cleanup::apply::{self, Backup};
use crate::error::{Explain, Failure};
use crate::oci::{BadReference, Reference, Repository, Tag};
use crate::registry::{self, Brands};

/// A directory, or a tag in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Place {
    /// `DIR`, or `oci:DIR`.
    Directory(PathBuf),
    /// `REGISTRY/REPO:TAG`: what stands before the first slash looks like a host.
    Registry(Repository, Tag),
}

/// Text that is no place for a backup.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum BadPlace {
    /// It begins like a reference.
    #[error("{0}; a directory of this name is ./{1}")]
    Reference(BadReference, String),
    /// A repository alone, or a digest.
    #[error("a backup in a registry is REGISTRY/REPO:TAG; a directory of this name is ./{0}")]
    NoTag(String),
}

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let is_host = |host: &str| {
            !host.starts_with('.') && (host.contains(['.', ':']) || host == "localhost")
        };
        let name = match text.strip_prefix("docker://") {
            Some(name) => name,
            None => {
                let directory = text.strip_prefix("oci:");
                let is_name = text
                    .split_once('/')
                    .is_some_and(|(first, _)| is_host(first));
                if directory.is_some() || !is_name {
                    return Ok(Self::Directory(directory.unwrap_or(text).into()));
                }
                text
            }
        };
        let reference = name.parse::<Reference>();
        let reference = reference.map_err(|bad| BadPlace::Reference(bad, name.to_owned()))?;
        match (reference.tag, reference.digest) {
            (Some(tag), None) => Ok(Self::Registry(reference.repository, tag)),
            _ => Err(BadPlace::NoTag(name.to_owned())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.display().fmt(f),
            Self::Registry(repository, tag) => write!(f, "{repository}:{tag}"),
        }
    }
}

impl Place {
    /// The place, as what is saved there is written.
    ///
    /// # Errors
    /// Its registry cannot be spoken to.
    pub(super) async fn open(&self, brands: &Brands) -> Result<Backup, registry::Error> {
        Ok(match self {
            Self::Directory(directory) => Backup::Directory(directory.clone()),
            Self::Registry(repository, tag) => {
                let brand = brands.at(repository).await?;
                Backup::Registry(brand.remote().clone(), tag.clone())
            }
        })
    }

    /// What was saved there, as a directory.
    ///
    /// # Errors
    /// The registry has no such backup, or it cannot be read.
    pub(super) async fn fetch(&self, brands: &Brands) -> Result<Fetched, Failure> {
        match self.open(brands).await? {
            Backup::Directory(directory) => Ok(Fetched::There(directory)),
            Backup::Registry(remote, tag) => {
                let directory = tempfile::tempdir().map_err(NoRoom)?;
                apply::fetch(&remote, &tag, directory.path()).await?;
                Ok(Fetched::Copied(directory))
            }
        }
    }
}

/// A backup that can be read.
pub(super) enum Fetched {
    /// It is where it was.
    There(PathBuf),
    /// It was read from a registry, for as long as this is held.
    Copied(TempDir),
}

impl Fetched {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::There(path) => path,
            Self::Copied(directory) => directory.path(),
        }
    }
}

/// No place for what is read.
#[derive(Debug, thiserror::Error)]
#[error("no directory for the backup can be made")]
struct NoRoom(#[source] std::io::Error);

impl Explain for NoRoom {}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_host_makes_a_reference() {
        let read = |text: &str| text.parse::<Place>();
        for (text, directory) in [
            ("backup", "backup"),
            ("./backup.d/one", "./backup.d/one"),
            ("../r.example.com/a:b", "../r.example.com/a:b"),
            ("/var/backup:1", "/var/backup:1"),
            ("out/backup.d", "out/backup.d"),
            ("oci:r.example.com/a", "r.example.com/a"),
        ] {
            assert_eq!(read(text).unwrap(), Place::Directory(directory.into()));
        }
        for text in ["r.example.com/a/b:c", "localhost/a:c", "localhost:5000/a:c"] {
            let place = read(text).unwrap();
            assert!(matches!(place, Place::Registry(..)), "{text}");
            assert_eq!(place.to_string(), text);
        }
        let place = read("docker://acme/app:monday").unwrap();
        assert_eq!(place.to_string(), "docker.io/acme/app:monday");
        let digest = format!("r.example.com/a@sha256:{}", "a".repeat(64));
        for text in ["r.example.com/a", "r.example.com/A:b", &digest] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
