//! What werf keeps for itself: who works with a repository, over which server, and when it was
//! cleaned up last (`pkg/storage`, `pkg/storage/synchronization`).

use super::{Tag, is_hex};

/// The lengths of the parts of a UUID, in hexadecimal digits.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    let is_service = matches!(tag, "sync-server" | "cleanup")
        || tag.strip_prefix("client-id-").is_some_and(is_client);
    is_service.then_some(Tag::Service)
}

/// A UUID, and a time in whatever unit.
fn is_client(text: &str) -> bool {
    let Some((uuid, time)) = text.rsplit_once('-') else {
        return false;
    };
    let parts: Vec<&str> = uuid.split('-').collect();
    let is_uuid = parts.len() == UUID.len()
        && parts
            .iter()
            .zip(UUID)
            .all(|(part, length)| is_hex(part, length));
    is_uuid && !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit())
}
