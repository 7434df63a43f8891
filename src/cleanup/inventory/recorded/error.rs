//! Why a document is no recorded repository.

use crate::error::Explain;
use crate::oci::{Digest, Tag};

/// A document that is no recorded repository.
#[derive(Debug, thiserror::Error)]
pub enum BadRecord {
    /// It is not JSON of this form, or cannot be read.
    #[error("not a recorded inventory: {0}")]
    Json(#[from] serde_json::Error),
    /// A form that this program does not know.
    #[error("a recorded inventory of version {0}, of which nothing is known")]
    Version(u32),
    /// A manifest that comes twice.
    #[error("a recorded inventory that describes {0} twice")]
    Manifest(Digest),
    /// A tag that comes twice.
    #[error("a recorded inventory that has the tag {0} twice")]
    Tag(Tag),
    /// A blob that is not in its list.
    #[error("a recorded inventory in which {digest} has the blob {blob} of {count}")]
    Blob {
        /// Whose.
        digest: Digest,
        /// Which one.
        blob: usize,
        /// How many there are.
        count: usize,
    },
}

impl Explain for BadRecord {
    fn hint(&self) -> Option<String> {
        let record = "record the inventory again with `dockside cleanup --inventory FILE`";
        Some(record.to_owned())
    }
}
