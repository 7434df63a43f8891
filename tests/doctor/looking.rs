//! Nothing is changed: not on the disk, and not at any server.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::support::vendor::Seen;

/// All files below a directory, with their modes, times and contents.
pub fn files(directory: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let about = path.symlink_metadata().unwrap();
        let content = fs::read(&path).unwrap_or_default();
        let facts = (about.mode(), about.mtime(), about.mtime_nsec(), content);
        found.insert(path.clone(), facts);
        if about.is_dir() {
            found.extend(files(&path));
        }
    }
    found
}

/// That nothing was asked for but to look, and for tokens.
pub fn assert_looks(what: &str, requests: Vec<Seen>) {
    assert!(!requests.is_empty(), "{what}");
    for seen in requests {
        let for_token = seen.method == "POST" && seen.path.contains("token");
        let looks = matches!(seen.method.as_str(), "GET" | "HEAD" | "CONNECT");
        assert!(looks || for_token, "{what}: {seen}");
    }
}
