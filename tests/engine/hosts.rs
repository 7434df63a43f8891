//! Registries that do not do as most do.

use super::{Bench, image, kinds};
use crate::support::layout::{Layout, noise};
use crate::support::scripted_registry::{Behaviour, Mounts, ScriptedRegistry};

/// An image of two layers and a config.
fn small(layout: &mut Layout, name: &str) -> String {
    layout.image(name, &[&noise(1, 30_000), &noise(2, 30_000)])
}

fn registry(mounts: Mounts) -> ScriptedRegistry {
    ScriptedRegistry::start(Behaviour {
        mounts,
        ..Behaviour::default()
    })
}

#[test]
fn where_mounts_are_ignored_blobs_are_looked_for() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = small(&mut layout, "v1");
    let registry = registry(Mounts::Ignored);
    let push = |name: &str, bench: Bench| {
        let target = format!("{}/app:{name}", registry.host());
        let mut bench = bench;
        bench.wishes.jobs = 1;
        let done = bench.done(vec![image(&layout.image_argument("v1"), &target)]);
        let requests = kinds(&registry.seen());
        registry.forget_requests();
        (done.join(", ").replace(&target, name), requests)
    };
    let (done, requests) = push("v1", Bench::new(home.path()));
    assert_eq!(done, format!("v1 {digest} Written"));
    assert_eq!(
        requests,
        [
            "3 POST uploads 202",
            "1 PUT manifests 201",
            "3 PUT uploads 201"
        ]
    );
    // The first blob that ought to be there shows that mounts are ignored.
    let (done, requests) = push("v2", Bench::new(home.path()));
    assert_eq!(done, format!("v2 {digest} Written"));
    assert_eq!(
        requests,
        [
            "1 DELETE uploads 204",
            "3 HEAD blobs 200",
            "1 HEAD manifests 404",
            "1 POST uploads 202",
            "1 PUT manifests 201"
        ]
    );
    // That is remembered.
    let (done, requests) = push("v3", Bench::new(home.path()));
    assert_eq!(done, format!("v3 {digest} Written"));
    assert_eq!(
        requests,
        [
            "3 HEAD blobs 200",
            "1 HEAD manifests 404",
            "1 PUT manifests 201"
        ]
    );
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn a_mount_that_was_refused_is_an_upload() {
    for mounts in [
        Mounts::Own,
        Mounts::Refused(401),
        Mounts::Refused(403),
        Mounts::Refused(404),
    ] {
        let home = tempfile::tempdir().unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        let digest = small(&mut layout, "v1");
        let registry = registry(mounts);
        let source = format!("{}/app:v1", registry.host());
        let target = format!("{}/other:v1", registry.host());
        let bench = Bench::new(home.path());
        bench.run(vec![image(&layout.image_argument("v1"), &source)]);
        let done = bench.done(vec![image(&source, &target)]);
        assert_eq!(done, [format!("{target} {digest} Written")], "{mounts:?}");
        assert_eq!(registry.open_uploads(), 0);
    }
}

/// A memory of what has been removed since costs requests, nothing else.
#[test]
fn a_memory_is_not_believed() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = small(&mut layout, "v1");
    let first = registry(Mounts::Taken);
    let target = format!("{}/app:v1", first.host());
    Bench::new(home.path()).run(vec![image(&layout.image_argument("v1"), &target)]);
    let file = home
        .path()
        .join("memory")
        .join(first.host().replace(':', "_"));
    let remembered = std::fs::read(&file).unwrap();
    let second = registry(Mounts::Taken);
    let other = home
        .path()
        .join("memory")
        .join(second.host().replace(':', "_"));
    std::fs::write(other, remembered).unwrap();
    let target = format!("{}/app:v1", second.host());
    let done = Bench::new(home.path()).done(vec![image(&layout.image_argument("v1"), &target)]);
    assert_eq!(done, [format!("{target} {digest} Written")]);
    assert_eq!(second.tags("app"), ["v1"]);
    assert_eq!(second.open_uploads(), 0);
}

#[test]
fn an_immutable_tag_of_the_same_image_is_success() {
    for status in [400, 403, 409, 412] {
        let home = tempfile::tempdir().unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        let (one, _) = (small(&mut layout, "v1"), layout.image("v2", &[b"2"]));
        let registry = ScriptedRegistry::start(Behaviour {
            immutable: Some(status),
            ..Behaviour::default()
        });
        let target = format!("{}/app:v1", registry.host());
        let push = |name: &str| {
            let elsewhere = tempfile::tempdir().unwrap();
            let source = layout.image_argument(name);
            Bench::new(elsewhere.path()).done(vec![image(&source, &target)])
        };
        assert_eq!(push("v1"), [format!("{target} {one} Written")]);
        assert_eq!(push("v1"), [format!("{target} {one} Unchanged")]);
        assert!(push("v2")[0].starts_with("error: "), "{status}");
    }
}
