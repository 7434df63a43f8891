//! Metadata of images (`meta-HASH_COMMIT_STAGE`; `pkg/storage/repo_stages_storage.go`).

use super::{Tag, is_hex, stage};

/// The lengths of SHA-1 and SHA-256 in hexadecimal digits: what git calls commits by.
const COMMITS: [usize; 2] = [40, 64];

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    let (hash, rest) = tag.strip_prefix("meta-")?.split_once('_')?;
    let (commit, stage) = rest.split_once('_')?;
    let image = u32::from_str_radix(hash, 16).ok()?;
    // werf writes it without leading zeros, and never with a sign.
    let is_hash = format!("{image:x}") == hash;
    let is_commit = COMMITS.iter().any(|length| is_hex(commit, *length));
    (is_hash && is_commit && stage::is_one(stage)).then_some(Tag::Metadata {
        image,
        commit,
        stage,
    })
}
