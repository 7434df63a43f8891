//! Many images in one run: what they share is read and sent once.

use dockside::transfer::{Expectation, Image};

use super::{Bench, image, kinds};
use crate::support::layout::{Layout, noise};
use crate::support::scripted_registry::{Behaviour, Kind, ScriptedRegistry};

/// A layout with so many images: each has two layers that all have and one of its own.
fn family(layout: &mut Layout, count: u64) -> Vec<String> {
    let shared = [noise(1, 30_000), noise(2, 30_000)];
    (0..count)
        .map(|number| {
            let own = noise(100 + number, 5_000);
            layout.image(&format!("v{number}"), &[&shared[0], &shared[1], &own])
        })
        .collect()
}

#[test]
fn each_blob_is_sent_once() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digests = family(&mut layout, 30);
    let (first, second) = (
        ScriptedRegistry::start(Behaviour::default()),
        ScriptedRegistry::start(Behaviour::default()),
    );
    let names: Vec<String> = (0..30).map(|number| format!("v{number}")).collect();
    let push = names.iter().map(|name| {
        let target = format!("{}/app:{name}", first.host());
        image(&layout.image_argument(name), &target)
    });
    let expected = |registry: &ScriptedRegistry, outcome: &str| -> Vec<String> {
        let lines = names.iter().zip(&digests);
        let host = registry.host();
        lines
            .map(|(name, digest)| format!("{host}/app:{name} {digest} {outcome}"))
            .collect()
    };
    assert_eq!(
        Bench::new(home.path()).done(push.collect()),
        expected(&first, "Written")
    );
    // Two layers of all, a layer and a config of each.
    assert_eq!(
        kinds(&first.seen()),
        [
            "62 POST uploads 202",
            "30 PUT manifests 201",
            "62 PUT uploads 201"
        ]
    );
    first.forget_requests();

    let hosts = [first.host(), second.host()];
    let copies = |expect| -> Vec<Image> {
        let copy = |name: &String| {
            let [from, to] = [0, 1].map(|at: usize| format!("{}/app:{name}", hosts[at]));
            let image = image(&from, &to);
            Image { expect, ..image }
        };
        names.iter().map(copy).collect()
    };
    assert_eq!(
        Bench::new(home.path()).done(copies(Expectation::Absent)),
        expected(&second, "Written")
    );
    assert_eq!(
        kinds(&first.seen()),
        ["62 GET blobs 200", "30 GET manifests 200"]
    );
    assert_eq!(
        kinds(&second.seen()),
        [
            "62 POST uploads 202",
            "30 PUT manifests 201",
            "62 PUT uploads 201"
        ]
    );
    first.forget_requests();
    second.forget_requests();

    // Again: a question to each side.
    assert_eq!(
        Bench::new(home.path()).done(copies(Expectation::Present)),
        expected(&second, "Unchanged")
    );
    assert_eq!(kinds(&first.seen()), ["30 HEAD manifests 200"]);
    assert_eq!(kinds(&second.seen()), ["30 HEAD manifests 200"]);
}

#[test]
fn what_differs_is_read_after_all() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digests = family(&mut layout, 2);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let host = registry.host();
    let push = |name: &str, target: &str| image(&layout.image_argument(name), target);
    let from = format!("{host}/app:v");
    let to = format!("{host}/mirror:v");
    Bench::new(home.path()).run(vec![push("v0", &from), push("v1", &to)]);
    registry.forget_requests();
    let copy = Image {
        expect: Expectation::Present,
        ..image(&from, &to)
    };
    let done = Bench::new(home.path()).done(vec![copy]);
    assert_eq!(done, [format!("{to} {} Written", digests[0])]);
    let requests = kinds(&registry.seen());
    assert!(
        requests.contains(&"2 HEAD manifests 200".to_owned()),
        "{requests:?}"
    );
    assert!(
        requests.contains(&"1 GET manifests 200".to_owned()),
        "{requests:?}"
    );
    assert!(
        !requests.iter().any(|kind| kind.contains("PUT uploads")),
        "{requests:?}"
    );
}

#[test]
fn repositories_of_a_registry_mount_from_the_first() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.image("v1", &[&noise(1, 30_000), &noise(2, 30_000)]);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let targets = ["a:v1", "b:v1", "a:v2", "c/d:v1"];
    let targets = targets.map(|target| format!("{}/{target}", registry.host()));
    let source = layout.image_argument("v1").parse().unwrap();
    let places = targets.iter().map(|target| target.parse().unwrap());
    let done = Bench::new(home.path()).done(vec![Image::new(source, places.collect())]);
    let expected = targets.map(|target| format!("{target} {digest} Written"));
    assert_eq!(done, expected);
    assert_eq!(
        kinds(&registry.seen()),
        [
            "6 POST uploads 201",
            "3 POST uploads 202",
            "4 PUT manifests 201",
            "3 PUT uploads 201"
        ]
    );
    // A later run remembers where the layers are, and that the config is new.
    let more = layout.image("v2", &[&noise(1, 30_000), &noise(2, 30_000), b"more"]);
    registry.forget_requests();
    let target = format!("{}/e:v2", registry.host());
    let done = Bench::new(home.path()).done(vec![image(&layout.image_argument("v2"), &target)]);
    assert_eq!(done, [format!("{target} {more} Written")]);
    assert_eq!(registry.count(Kind::PutUpload), 2);
    assert_eq!(registry.count(Kind::StartUpload), 4);
}

/// Where the base image is says an annotation.
#[test]
fn the_base_image_is_mounted_from() {
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour::default());
    let host = registry.host();
    let layer = noise(1, 30_000);
    registry.put_blob("base", &layer);
    let mut layout = Layout::create(home.path().join("layout"));
    let config = layout.blob(
        "application/vnd.oci.image.config.v1+json",
        b"{\"os\":\"linux\"}",
    );
    let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", &layer);
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
        "annotations": {"org.opencontainers.image.base.name": format!("{host}/base:v1")},
    });
    let manifest = layout.blob(
        "application/vnd.oci.image.manifest.v1+json",
        manifest.to_string().as_bytes(),
    );
    let digest = layout.entry("v1", manifest);
    let target = format!("{host}/app:v1");
    let done = Bench::new(home.path()).done(vec![image(&layout.image_argument("v1"), &target)]);
    assert_eq!(done, [format!("{target} {digest} Written")]);
    assert_eq!(
        kinds(&registry.seen()),
        [
            "1 POST uploads 201",
            "1 POST uploads 202",
            "1 PUT manifests 201",
            "1 PUT uploads 201"
        ]
    );
}
