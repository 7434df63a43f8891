//! What is said of a cleanup: whole reports in every form.

mod browser;
mod fixture;
mod html;
mod json;
mod markdown;
mod summary;
mod table;

use std::fs;
use std::path::Path;

/// Compares with a file of `tests/snapshots/cleanup`; `RENEW_SNAPSHOTS` writes it instead.
fn is_as_expected(name: &str, text: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/cleanup");
    let path = directory.join(name);
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        fs::create_dir_all(directory).unwrap();
        fs::write(path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(
        text == expected,
        "{name} has changed: look at it with\n  \
         RENEW_SNAPSHOTS=1 cargo test --test dockside cleanup::report && git diff tests/snapshots\n\
         {text}"
    );
}
