//! What fails is not named, and takes nothing else with it.

use super::{Bench, image};
use crate::support::layout::{Layout, noise};
use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};

/// The digest of the second layer of an image.
fn second_layer(layout: &Layout, digest: &str) -> String {
    let blobs = layout.path().join("blobs/sha256");
    let manifest = std::fs::read(blobs.join(&digest["sha256:".len()..])).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["layers"][1]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_damaged_layout() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let bad = layout.image("bad", &[&noise(1, 20_000), &noise(2, 20_000)]);
    let good = layout.image("good", &[&noise(1, 20_000)]);
    let layer = second_layer(&layout, &bad);
    let file = layout
        .path()
        .join("blobs/sha256")
        .join(&layer["sha256:".len()..]);
    let mut content = std::fs::read(&file).unwrap();
    content[100] ^= 1;
    let found = crate::support::layout::hex(&content);
    std::fs::write(&file, content).unwrap();
    let registry = ScriptedRegistry::start(Behaviour::default());
    let archive = format!("oci-archive:{}", home.path().join("a.tar").display());
    let into = format!("oci:{}", home.path().join("into").display());
    for target in [format!("{}/app", registry.host()), archive, into] {
        let places = ["bad", "good"].map(|name| format!("{target}:{name}"));
        let images = [("bad", &places[0]), ("good", &places[1])];
        let images = images.map(|(name, place)| image(&layout.image_argument(name), place));
        let done = Bench::new(home.path()).done(images.into());
        let path = layout.path().display();
        assert_eq!(
            done,
            [
                format!("error: {path}: damaged: what was given for {layer} is sha256:{found}"),
                format!("{} {good} Written", places[1]),
            ]
        );
    }
    assert_eq!(registry.tags("app"), ["good"]);
    assert_eq!(registry.open_uploads(), 0);
    assert_eq!(registry.blob("app", &layer), None);
    let into = home.path().join("into");
    assert!(
        !into
            .join("blobs/sha256")
            .join(&layer["sha256:".len()..])
            .exists()
    );
    let index = std::fs::read_to_string(into.join("index.json")).unwrap();
    assert!(!index.contains("bad") && index.contains("good"), "{index}");
}

#[test]
fn what_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour::default());
    let source = format!("{}/app:v1", registry.host());
    let layout = home.path().join("layout");
    let target = format!("oci:{}", layout.display());
    let done = Bench::new(home.path()).done(vec![image(&source, &target)]);
    assert_eq!(done, [format!("error: {source} does not exist")]);
    assert!(!layout.exists());
}

/// For every request that a copy makes: whatever goes wrong with it, the copy is complete, or it
/// is an error and there is no tag.
#[test]
fn every_request_may_fail() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.index("v1", &["amd64", "arm64"], &[&noise(1, 20_000)]);
    let source = ScriptedRegistry::start(Behaviour::default());
    let from = format!("{}/app:v1", source.host());
    Bench::new(home.path()).run(vec![image(&layout.image_argument("v1"), &from)]);
    let faults = || {
        [
            Fault::Drop,
            Fault::DropAfter,
            Fault::DropBody(10),
            Fault::Truncate(5),
            Fault::Corrupt,
            Fault::LoseUploads,
            Fault::status(500, "UNKNOWN"),
            Fault::status(403, "DENIED"),
            Fault::status(404, "NAME_UNKNOWN"),
        ]
    };
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for at_target in [true, false] {
        for fault in faults() {
            // 3 manifests and 5 blobs.
            for k in 1..=if at_target { 13 } else { 8 } {
                let target = ScriptedRegistry::start(Behaviour::default());
                let to = format!("{}/app:v1", target.host());
                let faulty = if at_target { &target } else { &source };
                faulty.fault(When::request(k), fault.clone());
                let elsewhere = tempfile::tempdir().unwrap();
                let done = Bench::new(elsewhere.path()).done(vec![image(&from, &to)]);
                source.clear_faults();
                let what = format!("{fault:?} at {k}, target {at_target}: {done:?}");
                if done == [format!("{to} {digest} Written")] {
                    assert_eq!(
                        target.manifest("app", "v1"),
                        source.manifest("app", "v1"),
                        "{what}"
                    );
                    *outcomes.entry("done".into()).or_default() += 1;
                } else {
                    assert!(done[0].starts_with("error: "), "{what}");
                    assert_eq!(target.tags("app"), [""; 0], "{what}");
                    *outcomes.entry("failed".into()).or_default() += 1;
                }
                // An upload whose address was lost cannot be cancelled.
                let lost = usize::from(at_target && matches!(fault, Fault::DropAfter));
                assert!(target.open_uploads() <= lost, "{what}");
            }
        }
    }
    // A fault of the network alone ends nothing; most of these are.
    assert!(outcomes["done"] > outcomes["failed"], "{outcomes:?}");
}

/// Nothing of an image that waits for another one's blob hangs when that fails.
#[test]
fn images_that_share_what_fails() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let shared = noise(1, 20_000);
    for name in ["a", "b", "c"] {
        layout.image(name, &[&shared, name.as_bytes()]);
    }
    let registry = ScriptedRegistry::start(Behaviour::default());
    registry.fault(When::every(Kind::PutUpload), Fault::status(403, "DENIED"));
    let images = ["a", "b", "c"].map(|name| {
        let target = format!("{}/app:{name}", registry.host());
        image(&layout.image_argument(name), &target)
    });
    let done = Bench::new(home.path()).done(images.into());
    assert!(
        done.iter().all(|line| line.starts_with("error: ")),
        "{done:?}"
    );
    assert_eq!(done.len(), 3);
    assert_eq!(registry.open_uploads(), 0);
}

/// Indexes that are nested too deep, or list themselves as often as one likes.
#[test]
fn hostile_indexes() {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour::default());
    let mut child = serde_json::json!(null);
    for depth in 0..12 {
        let children = match depth {
            0 => vec![],
            // The same child again and again is one child.
            _ => vec![child; 1000],
        };
        let index = serde_json::json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": children,
        });
        let bytes = index.to_string();
        let tag = format!("v{depth}");
        let digest = registry.put_manifest("app", &tag, INDEX, bytes.as_bytes());
        child = serde_json::json!({"mediaType": INDEX, "digest": digest, "size": bytes.len()});
    }
    let bench = Bench::new(home.path());
    let copy = |tag: &str| {
        let source = format!("{}/app:{tag}", registry.host());
        let target = format!("oci:{}:{tag}", home.path().join("layout").display());
        bench.done(vec![image(&source, &target)]).remove(0)
    };
    assert!(copy("v7").ends_with(" Written"));
    assert_eq!(
        copy("v11"),
        format!(
            "error: {}/app: its indexes are nested more than 8 deep",
            registry.host()
        )
    );
}
