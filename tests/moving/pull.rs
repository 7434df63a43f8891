use std::process::Command;

use super::{digest, done, remote_digest, skopeo, tools};
use crate::support::go_program;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::Registry;

/// A registry with an image for one platform and one for two, both named `v1`, in `app` and `many`.
fn filled(home: &std::path::Path) -> (Registry, String, String) {
    let registry = Registry::open();
    let mut layout = Layout::create(home.join("filled"));
    let one = layout.image("one", &[b"one", b"two"]);
    let many = layout.index("many", &["amd64", "arm64"], &[b"shared"]);
    for (name, repository) in [("one", "app"), ("many", "many")] {
        let target = format!("docker://{}/{repository}:v1", registry.host());
        skopeo(&["copy", "--all", &layout.image_argument(name), &target]);
    }
    (registry, one, many)
}

#[test]
fn into_a_layout() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (registry, one, many) = filled(home.path());
    let layout = format!("oci:{}", home.path().join("layout").display());
    let app = format!("{}/app:v1", registry.host());
    let index = format!("{}/many:v1", registry.host());
    let stdout = done(home.path(), &["pull", &app, &layout]);
    assert_eq!(stdout, format!("{layout}:v1 {one} written\n"));
    assert_eq!(digest(&format!("{layout}:v1")), one);
    let stdout = done(home.path(), &["pull", &index, &format!("{layout}:other")]);
    assert_eq!(stdout, format!("{layout}:other {many} written\n"));
    assert_eq!(digest(&format!("{layout}:other")), many);
    // Tags that are the same make no names: the references do.
    let stdout = done(home.path(), &["pull", &app, &index, &layout]);
    let expected = format!("{layout}:{app} {one} written\n{layout}:{index} {many} written\n");
    assert_eq!(stdout, expected);
    assert_eq!(digest(&format!("{layout}:v1")), one);

    // Every blob is there: skopeo can copy it on.
    let copy = format!("docker://{}/copy:v1", registry.host());
    skopeo(&["copy", "--all", &format!("{layout}:other"), &copy]);
}

#[test]
fn into_archives() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (registry, one, many) = filled(home.path());
    let app = format!("{}/app:v1", registry.host());
    let index = format!("{}/many:v1", registry.host());
    let place = |name: &str| home.path().join(name).display().to_string();

    let archive = format!("oci-archive:{}", place("oci.tar"));
    let stdout = done(home.path(), &["pull", &index, &archive]);
    assert_eq!(stdout, format!("{archive}:v1 {many} written\n"));
    assert_eq!(digest(&format!("{archive}:v1")), many);

    let archive = format!("docker-archive:{}", place("docker.tar"));
    let stdout = done(home.path(), &["pull", &app, &archive]);
    assert_eq!(stdout, format!("{archive}:{app} {one} written\n"));
    let list = Command::new("tar")
        .args(["-xOf", &place("docker.tar"), "manifest.json"])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list[0]["RepoTags"], serde_json::json!([app]));
    let back = format!("docker://{}/back:v1", registry.host());
    skopeo(&["copy", &format!("{archive}:{app}"), &back]);

    let narrow = ["pull", "--platform", "linux/arm64", &index, &archive];
    let stdout = done(home.path(), &narrow);
    assert!(
        stdout.starts_with(&format!("{archive}:{index} sha256:")),
        "{stdout}"
    );
}

#[test]
fn what_crane_pushed_and_what_crane_reads() {
    let Some(crane) = go_program("crane") else {
        return;
    };
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (registry, one, _) = filled(home.path());
    let layout = home.path().join("layout");
    let app = format!("{}/app:v1", registry.host());
    done(
        home.path(),
        &["pull", &app, &format!("oci:{}", layout.display())],
    );
    let target = format!("{}/crane:v1", registry.host());
    let output = Command::new(crane)
        .args(["push", "--insecure"])
        .args([layout.to_str().unwrap(), &target])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(remote_digest(&target), one);
}
