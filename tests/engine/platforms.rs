//! One platform of an index.

use super::{Bench, image, kinds};
use crate::support::layout::Layout;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

#[test]
fn an_index_is_narrowed() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let index = layout.index("v1", &["amd64", "arm64"], &[b"x"]);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let source = format!("{}/app:v1", registry.host());
    let mut bench = Bench::new(home.path());
    bench.run(vec![image(&layout.image_argument("v1"), &source)]);
    let (_, bytes) = registry.manifest("app", "v1").unwrap();
    let bytes: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let child = bytes["manifests"][1]["digest"].as_str().unwrap();
    let target = format!("{}/narrow:v1", registry.host());
    bench.wishes.platform = Some("linux/arm64".parse().unwrap());
    let copy = || bench.run(vec![image(&source, &target)]).remove(0).unwrap();
    let moved = copy();
    assert_eq!(moved.digest.to_string(), child);
    assert_eq!(moved.narrowed_from.unwrap().to_string(), index);
    let (media_type, _) = registry.manifest("narrow", "v1").unwrap();
    assert_eq!(media_type, "application/vnd.oci.image.manifest.v1+json");
    // Again: the index and the target's digest.
    registry.forget_requests();
    assert_eq!(copy().outcome, dockside::transfer::Outcome::Unchanged);
    assert_eq!(
        kinds(&registry.seen()),
        ["1 GET manifests 200", "1 HEAD manifests 200"]
    );
    bench.wishes.platform = Some("windows/amd64".parse().unwrap());
    let error = bench
        .run(vec![image(&source, &target)])
        .remove(0)
        .unwrap_err();
    assert_eq!(
        super::chain(&error),
        format!("{}/app has no image for windows/amd64", registry.host())
    );
    assert_eq!(
        dockside::error::Explain::hint(&error).unwrap(),
        "it has linux/amd64, linux/arm64"
    );
}

#[test]
fn a_single_image_has_to_be_of_the_platform() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.image("v1", &[b"x"]);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let target = format!("{}/app:v1", registry.host());
    let mut bench = Bench::new(home.path());
    let mut push = |platform: &str| {
        bench.wishes.platform = Some(platform.parse().unwrap());
        bench.done(vec![image(&layout.image_argument("v1"), &target)])
    };
    let path = layout.path().display().to_string();
    assert_eq!(
        push("linux/arm64"),
        [format!("error: {path} has no image for linux/arm64")]
    );
    assert_eq!(registry.tags("app"), [""; 0]);
    assert_eq!(push("linux/amd64"), [format!("{target} {digest} Written")]);
}
