//! Other tools read what was written here, and it reads what they wrote, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::{Bench, image, registries};
use crate::support::layout::{Layout, noise};
use crate::support::{go_program, installed};

/// The files of a layout.
fn blobs(layout: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(layout.join("blobs/sha256")).unwrap();
    files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read(file.path()).unwrap())
        })
        .collect()
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_index_goes_around_with_skopeo_and_crane() {
    if !installed("skopeo") {
        return;
    }
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        let layers = [noise(1, 300_000), noise(2, 700_001)];
        let digest = layout.index("v1", &["amd64", "arm64"], &[&layers[0], &layers[1]]);
        let all = blobs(layout.path());
        let bench = Bench::new(home.path());
        let pushed = format!("{}/app:v1", registry.host());
        bench.run(vec![image(&layout.image_argument("v1"), &pushed)]);

        // skopeo reads it, and what it writes is read here.
        let read = home.path().join("read");
        let skopeo = |source: &str, target: &str| {
            succeeds(Command::new("skopeo").args([
                "copy",
                "--all",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                source,
                target,
            ]))
        };
        skopeo(
            &format!("docker://{pushed}"),
            &format!("oci:{}:v1", read.display()),
        );
        assert_eq!(blobs(&read), all);
        let theirs = format!("{}/theirs:v1", registry.host());
        skopeo(
            &format!("oci:{}:v1", read.display()),
            &format!("docker://{theirs}"),
        );
        let pulled = home.path().join("pulled");
        let target = format!("oci:{}:v1", pulled.display());
        let done = bench.done(vec![image(&theirs, &target)]);
        assert_eq!(done, [format!("{target} {digest} Written")]);
        assert_eq!(blobs(&pulled), all);

        if let Some(crane) = go_program("crane") {
            let shown = succeeds(Command::new(&crane).args(["digest", "--insecure", &pushed]));
            assert_eq!(shown.trim(), digest);
            succeeds(Command::new(&crane).args(["validate", "--insecure", "--remote", &pushed]));
        }
    }
}
