//! Sources and targets as users write them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Exit, Explain};
use crate::oci::{BadReference, Reference};

/// Where images come from or go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `REGISTRY/REPO[:TAG|@DIGEST]`, also `docker://` before it, as skopeo writes it.
    Registry(Reference),
    /// `oci:DIR[:NAME]`: an OCI layout.
    Layout {
        /// The directory.
        directory: PathBuf,
        /// The image in it, by `org.opencontainers.image.ref.name`, or by digest.
        name: Option<String>,
    },
    /// `oci-archive:FILE[:NAME]`: a tar of an OCI layout.
    LayoutArchive {
        /// The file.
        file: PathBuf,
        /// The image in it.
        name: Option<String>,
    },
    /// `docker-archive:FILE[:REFERENCE]`: what `docker save` writes.
    DockerArchive {
        /// The file.
        file: PathBuf,
        /// The image in it, by its name, or by `@INDEX` as skopeo counts.
        name: Option<String>,
    },
}

/// Text that is no place.
#[derive(Debug, thiserror::Error)]
pub enum BadPlace {
    /// Nor a reference.
    #[error(transparent)]
    Reference(#[from] BadReference),
    /// No file or directory is named.
    #[error("`{0}` names no file")]
    NoFile(String),
}

impl Explain for BadPlace {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Reference(error) => error.hint(),
            Self::NoFile(_) => {
                Some("write oci:DIR[:NAME], oci-archive:FILE, docker-archive:FILE".into())
            }
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind @ ("oci" | "oci-archive" | "docker-archive"), rest)) => (kind, rest),
            _ => {
                let reference = text.strip_prefix("docker://").unwrap_or(text);
                return Ok(Self::Registry(reference.parse()?));
            }
        };
        let (file, name) = match rest.split_once(':') {
            Some((file, name)) => (file, Some(name.to_owned()).filter(|name| !name.is_empty())),
            None => (rest, None),
        };
        if file.is_empty() {
            return Err(BadPlace::NoFile(text.to_owned()));
        }
        let file = PathBuf::from(file);
        Ok(match kind {
            "oci" => Self::Layout {
                directory: file,
                name,
            },
            "oci-archive" => Self::LayoutArchive { file, name },
            _ => Self::DockerArchive { file, name },
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, file, name) = match self {
            Self::Registry(reference) => return reference.fmt(f),
            Self::Layout { directory, name } => ("oci", directory, name),
            Self::LayoutArchive { file, name } => ("oci-archive", file, name),
            Self::DockerArchive { file, name } => ("docker-archive", file, name),
        };
        write!(f, "{kind}:{}", file.display())?;
        match name {
            Some(name) => write!(f, ":{name}"),
            None => Ok(()),
        }
    }
}
