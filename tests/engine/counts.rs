//! The table of requests that the engine keeps to, for an image of N = 21 blobs.

use super::{Bench, image, kinds, layered, registries};
use crate::support::layout::Layout;

const LAYERS: u64 = 20;

#[test]
fn a_push_and_the_same_again() {
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let (source, digest) = layered(&home.path().join("layout"), LAYERS);
        let target = format!("{}/app:v1", registry.host());
        let push = || Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(push(), [format!("{target} {digest} Written")]);
        // 2N + 1.
        assert_eq!(
            kinds(&registry.new_requests(43)),
            [
                "1 PUT manifests 201",
                "21 POST uploads 202",
                "21 PUT uploads 201"
            ]
        );
        assert_eq!(push(), [format!("{target} {digest} Unchanged")]);
        assert_eq!(kinds(&registry.new_requests(1)), ["1 HEAD manifests 200"]);
        // The same content under another name.
        let other = format!("{}/app:v2", registry.host());
        let done = Bench::new(home.path()).done(vec![image(&source, &other)]);
        assert_eq!(done, [format!("{other} {digest} Written")]);
        let requests = kinds(&registry.new_requests(2));
        assert!(
            requests.contains(&"1 PUT manifests 201".to_owned()),
            "{requests:?}"
        );
        assert!(
            !requests.iter().any(|kind| kind.contains("202")),
            "{requests:?}"
        );
    }
}

#[test]
fn a_push_of_what_another_machine_pushed() {
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let (source, digest) = layered(&home.path().join("layout"), LAYERS);
        let target = format!("{}/app:v1", registry.host());
        Bench::new(home.path()).run(vec![image(&source, &target)]);
        registry.new_requests(43);
        let elsewhere = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(elsewhere.path());
        bench.wishes.jobs = 1;
        let done = bench.done(vec![image(&source, &target)]);
        assert_eq!(done, [format!("{target} {digest} Unchanged")]);
        assert_eq!(
            kinds(&registry.new_requests(2)),
            ["1 HEAD manifests 200", "1 POST uploads 201"]
        );
    }
}

#[test]
fn a_copy_to_another_registry_and_the_same_again() {
    for (from, to) in registries().into_iter().zip(registries()) {
        let home = tempfile::tempdir().unwrap();
        let (layout, digest) = layered(&home.path().join("layout"), LAYERS);
        let source = format!("{}/app:v1", from.host());
        Bench::new(home.path()).run(vec![image(&layout, &source)]);
        from.new_requests(43);
        let target = format!("{}/mirror/app:v1", to.host());
        let copy = || Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(copy(), [format!("{target} {digest} Written")]);
        // 3N + 2.
        assert_eq!(
            kinds(&from.new_requests(22)),
            ["1 GET manifests 200", "21 GET blobs 200"]
        );
        assert_eq!(
            kinds(&to.new_requests(43)),
            [
                "1 PUT manifests 201",
                "21 POST uploads 202",
                "21 PUT uploads 201"
            ]
        );
        assert_eq!(copy(), [format!("{target} {digest} Unchanged")]);
        assert_eq!(kinds(&from.new_requests(1)), ["1 GET manifests 200"]);
        assert_eq!(kinds(&to.new_requests(1)), ["1 HEAD manifests 200"]);
    }
}

#[test]
fn a_copy_within_a_registry() {
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let (layout, digest) = layered(&home.path().join("layout"), LAYERS);
        let source = format!("{}/app:v1", registry.host());
        Bench::new(home.path()).run(vec![image(&layout, &source)]);
        registry.new_requests(43);
        let target = format!("{}/other/app:v1", registry.host());
        let done = Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(done, [format!("{target} {digest} Written")]);
        // N + 2.
        assert_eq!(
            kinds(&registry.new_requests(23)),
            [
                "1 GET manifests 200",
                "1 PUT manifests 201",
                "21 POST uploads 201"
            ]
        );
        // A tag of the same repository.
        let tag = format!("{}/app:v2", registry.host());
        let done = Bench::new(home.path()).done(vec![image(&source, &tag)]);
        assert_eq!(done, [format!("{tag} {digest} Written")]);
        assert_eq!(
            kinds(&registry.new_requests(2)),
            ["1 GET manifests 200", "1 PUT manifests 201"]
        );
    }
}

#[test]
fn a_pull_and_the_same_again() {
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let (layout, digest) = layered(&home.path().join("layout"), LAYERS);
        let source = format!("{}/app:v1", registry.host());
        Bench::new(home.path()).run(vec![image(&layout, &source)]);
        registry.new_requests(43);
        let target = format!("oci:{}:v1", home.path().join("pulled").display());
        let pull = || Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(pull(), [format!("{target} {digest} Written")]);
        // N + 1.
        assert_eq!(
            kinds(&registry.new_requests(22)),
            ["1 GET manifests 200", "21 GET blobs 200"]
        );
        assert_eq!(pull(), [format!("{target} {digest} Unchanged")]);
        assert_eq!(kinds(&registry.new_requests(1)), ["1 GET manifests 200"]);
    }
}

/// Four platforms of six blobs each, without one in common.
#[test]
fn an_index() {
    for registry in registries() {
        let home = tempfile::tempdir().unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        let platforms = ["amd64", "arm64", "s390x", "riscv64"];
        let digest = layout.index("v1", &platforms, &[]);
        let source = layout.image_argument("v1");
        let target = format!("{}/app:v1", registry.host());
        let push = || Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(push(), [format!("{target} {digest} Written")]);
        // A config and a layer each: 2 * 8 + 5.
        assert_eq!(
            kinds(&registry.new_requests(21)),
            [
                "5 PUT manifests 201",
                "8 POST uploads 202",
                "8 PUT uploads 201"
            ]
        );
        assert_eq!(push(), [format!("{target} {digest} Unchanged")]);
        assert_eq!(kinds(&registry.new_requests(1)), ["1 HEAD manifests 200"]);
        let pulled = format!("oci:{}:v1", home.path().join("pulled").display());
        let pull = || Bench::new(home.path()).done(vec![image(&target, &pulled)]);
        assert_eq!(pull(), [format!("{pulled} {digest} Written")]);
        assert_eq!(
            kinds(&registry.new_requests(13)),
            ["5 GET manifests 200", "8 GET blobs 200"]
        );
        assert_eq!(pull(), [format!("{pulled} {digest} Unchanged")]);
        assert_eq!(kinds(&registry.new_requests(1)), ["1 GET manifests 200"]);
    }
}
