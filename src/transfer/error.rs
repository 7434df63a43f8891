//! Why something could not be moved.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Exit, Explain};
use crate::oci::{self, BadContent, Digest, ReadError, Repository};
use crate::registry;

/// The most names that a hint shows: an archive may have thousands.
const MAX_SHOWN: usize = 50;

/// Images that could not be moved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// At a registry.
    #[error(transparent)]
    Registry(#[from] oci::Error),
    /// A repository that is not there, and cannot be made.
    #[error("{repository} does not exist, and cannot be made")]
    NoRepository {
        /// Which.
        repository: Repository,
        /// Why it cannot.
        source: registry::Error,
    },
    /// A file that cannot be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A layout or archive that is not what it should be, or hostile.
    #[error("{}: {reason}", .path.display())]
    Layout {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// Content of a layout or archive that is not what its digest says.
    #[error("{}: damaged", .path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// How.
        source: BadContent,
    },
    /// A source without what was asked for.
    #[error("{place} has no {what}")]
    Missing {
        /// The source.
        place: String,
        /// The image, tag or platform.
        what: String,
        /// What it has instead, if anything.
        has: Vec<String>,
    },
    /// Content that could not be read where it is.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A target that names another digest than that of what would be put there.
    #[error("{target} cannot name {found}")]
    OtherDigest {
        /// The target.
        target: String,
        /// The digest of the image.
        found: Digest,
    },
    /// A tag that others changed as often as it was written.
    #[error("{place} is being changed by others all the time")]
    Contended {
        /// The tag.
        place: String,
    },
    /// What several images needed failed once for all of them.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
    /// The program is ending.
    #[error("stopped")]
    Stopped,
    /// Guards of the walk: nesting, cycles, numbers.
    #[error("{place}: {reason}")]
    Hostile {
        /// The source.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.hint(),
            Self::NoRepository { source, .. } => source.hint(),
            Self::Read(error) => error.hint(),
            Self::Shared(error) => error.hint(),
            Self::OtherDigest { .. } => Some("write the target without a digest".into()),
            Self::Missing { has, .. } if !has.is_empty() => {
                let shown: Vec<&str> = has.iter().take(MAX_SHOWN).map(String::as_str).collect();
                let shown = shown.join(", ");
                Some(match has.len().saturating_sub(MAX_SHOWN) {
                    0 => format!("it has {shown}"),
                    more => format!("it has {shown} and {more} more"),
                })
            }
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Registry(error) => error.exit(),
            Self::NoRepository { source, .. } => source.exit(),
            Self::Read(error) => error.exit(),
            Self::Shared(error) => error.exit(),
            _ => Exit::Failed,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Registry(error) => error.reason(),
            Self::NoRepository { source, .. } => source.reason(),
            Self::Shared(error) => error.reason(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use crate::error::Explain as _;

    #[test]
    fn hints_are_not_endless() {
        let missing = |count: usize| Error::Missing {
            place: "a.tar".to_owned(),
            what: "image x".to_owned(),
            has: (0..count).map(|number| format!("v{number}")).collect(),
        };
        assert_eq!(missing(0).hint(), None);
        assert_eq!(missing(2).hint().unwrap(), "it has v0, v1");
        let many = missing(52).hint().unwrap();
        assert!(many.ends_with(", v49 and 2 more"), "{many}");
    }
}
