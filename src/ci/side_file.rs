//! Files that a CI system writes beside the environment.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// GitHub caps webhook payloads, which are what its event file holds, at 25 MB; nothing else
/// that is read here comes near.
const LIMIT: u64 = 25 << 20;

/// The content of a regular file; absent when it cannot be read or is too large to be what is
/// looked for. The path comes from the environment, so it may name a pipe or a device too.
pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LIMIT {
        return None;
    }
    let mut content = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LIMIT).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, read};

    #[test]
    fn only_regular_files_of_a_sane_size_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("event.json");
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(read(&path).as_deref(), Some(b"{}".as_slice()));
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(LIMIT + 1).unwrap();
        assert_eq!(read(&path), None);
        assert_eq!(read(directory.path()), None);
        assert_eq!(read("/dev/zero".as_ref()), None);
        assert_eq!(read(&directory.path().join("missing")), None);
    }
}
