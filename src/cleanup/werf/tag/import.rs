//! Import metadata (`import-metadata-ID`; `pkg/storage/import_metadata.go`).

use super::{Tag, is_hex};

/// SHA-256 in hexadecimal digits.
const LENGTH: usize = 64;

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    let id = tag.strip_prefix("import-metadata-")?;
    is_hex(id, LENGTH).then_some(Tag::Import { id })
}
