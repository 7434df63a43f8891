//! The inputs that fuzzing found worth keeping, each a case of its own (`fuzz/`).

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::path::Path;

fn replay(target: &str, check: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = fs::read_dir(corpus).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        // What is shown when the check panics.
        eprintln!("{}", file.display());
        check(&fs::read(&file).unwrap());
    }
}

#[test]
fn archives() {
    replay("archive", checks::archive);
}

#[test]
fn challenges() {
    replay("challenge", checks::challenge);
}

#[test]
fn docker_configs() {
    replay("docker_config", checks::docker_config);
}

#[test]
fn indexes() {
    replay("index", checks::index);
}

#[test]
fn links() {
    replay("link", checks::link);
}

#[test]
fn manifests() {
    replay("manifest", checks::manifest);
}
