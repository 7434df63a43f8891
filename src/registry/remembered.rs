//! What registries showed to earlier runs: a hint that saves a request. Whatever is wrong with
//! it amounts to remembering nothing.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shown::Shown;

/// How long it is believed: a registry is moved to another product rarely, but it is upgraded.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// What a registry showed, if that is known and not too old.
pub(super) fn recall(directory: &Path, registry: &str) -> Option<Shown> {
    let path = file(directory, registry);
    let about = std::fs::metadata(&path).ok()?;
    let age = about.modified().ok()?.elapsed().ok()?;
    if age > LIFE || about.len() > MAX_FILE {
        return None;
    }
    serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
}

/// Keeps it. That it cannot be kept is no harm.
pub(super) fn keep(directory: &Path, registry: &str, shown: &Shown) {
    let Ok(json) = serde_json::to_vec(shown) else {
        return;
    };
    let written = || {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(directory)?;
        let mut file = tempfile::Builder::new().tempfile_in(directory)?;
        std::io::Write::write_all(&mut file, &json)?;
        file.persist(self::file(directory, registry))?;
        std::io::Result::Ok(())
    };
    let _ = written();
}

fn file(directory: &Path, registry: &str) -> PathBuf {
    directory.join(format!("{}.shown.json", registry.replace(':', "_")))
}
