//! What images are called, and names that are left alone.

use dockside::transfer::Image;

use super::{Bench, image, kinds};
use crate::support::layout::Layout;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

#[test]
fn names_that_are_there_are_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digests = [layout.image("a", &[b"a"]), layout.image("b", &[b"b"])];
    let registry = ScriptedRegistry::start(Behaviour::default());
    let place = |name: &str| format!("{}/app:{name}", registry.host());
    let mut bench = Bench::new(home.path());
    bench.wishes.no_clobber = true;
    let push = |from: &str, to: &[&str]| {
        let source = layout.image_argument(from).parse().unwrap();
        let places = to.iter().map(|to| place(to).parse().unwrap()).collect();
        let done = bench.done(vec![Image::new(source, places)]);
        let requests = kinds(&registry.seen());
        registry.forget_requests();
        (done, requests)
    };
    let line = |name: &str, which: usize, outcome: &str| {
        format!("{} {} {outcome}", place(name), digests[which])
    };
    let (done, _) = push("a", &["v1"]);
    assert_eq!(done, [line("v1", 0, "Written")]);
    let (done, requests) = push("a", &["v1"]);
    assert_eq!(done, [line("v1", 0, "Unchanged")]);
    assert_eq!(requests, ["1 HEAD manifests 200"]);
    let (done, requests) = push("b", &["v1"]);
    assert_eq!(done, [line("v1", 0, "Kept")]);
    assert_eq!(requests, ["1 HEAD manifests 200"]);
    let (done, _) = push("b", &["v1", "v2"]);
    assert_eq!(done, [line("v1", 0, "Kept"), line("v2", 1, "Written")]);

    // From there into files.
    let pull = |from: &str, to: &str| bench.done(vec![image(&place(from), to)]);
    let layout = format!("oci:{}", home.path().join("pulled").display());
    let archive = format!("oci-archive:{}", home.path().join("pulled.tar").display());
    for file in [&layout, &archive] {
        let line = |which: usize, outcome: &str| format!("{file}:x {} {outcome}", digests[which]);
        let target = format!("{file}:x");
        assert_eq!(pull("v1", &target), [line(0, "Written")]);
        assert_eq!(pull("v1", &target), [line(0, "Unchanged")]);
        assert_eq!(pull("v2", &target), [line(0, "Kept")]);
    }
    let more = format!("{layout}:y");
    assert_eq!(
        pull("v2", &more),
        [format!("{more} {} Written", digests[1])]
    );
}

#[test]
fn what_was_left_out_is_filled_in() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.image("v1", &[b"a"]);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let bench = Bench::new(home.path());
    let bare = format!("{}/app", registry.host());
    let source = format!("oci:{}", layout.path().display());
    let done = bench.done(vec![image(&source, &bare)]);
    assert_eq!(done, [format!("{bare}:latest {digest} Written")]);
    let file = |kind: &str| format!("{kind}:{}", home.path().join(kind).display());
    let targets = ["oci", "oci-archive", "docker-archive"].map(file);
    let places = targets.iter().map(|target| target.parse().unwrap());
    let done = bench.done(vec![Image::new(bare.parse().unwrap(), places.collect())]);
    assert_eq!(
        done,
        [
            format!("{}:latest {digest} Written", targets[0]),
            format!("{}:latest {digest} Written", targets[1]),
            format!("{}:{bare}:latest {digest} Written", targets[2]),
        ]
    );
    // And back, by what each calls it.
    for (number, target) in targets.iter().enumerate() {
        let back = format!("{}/back:v{number}", registry.host());
        let done = bench.done(vec![image(target, &back)]);
        assert_eq!(done, [format!("{back} {digest} Written")]);
    }
}

#[test]
fn a_digest_names_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digests = [layout.image("a", &[b"a"]), layout.image("b", &[b"b"])];
    let registry = ScriptedRegistry::start(Behaviour::default());
    let bench = Bench::new(home.path());
    let push = |from: &str, to: &str| bench.done(vec![image(&layout.image_argument(from), to)]);
    let right = format!("{}/app@{}", registry.host(), digests[0]);
    let both = format!("{}/app:v1@{}", registry.host(), digests[0]);
    assert_eq!(
        push("a", &right),
        [format!("{right} {} Written", digests[0])]
    );
    assert_eq!(
        push("a", &right),
        [format!("{right} {} Unchanged", digests[0])]
    );
    assert_eq!(push("a", &both), [format!("{both} {} Written", digests[0])]);
    assert_eq!(registry.tags("app"), ["v1"]);
    let refused = |to: &str| format!("error: {to} cannot name {}", digests[1]);
    assert_eq!(push("b", &right), [refused(&right)]);
    assert_eq!(push("b", &both), [refused(&both)]);
}

#[test]
fn several_images_in_one_archive() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let digests = [
        layout.image("a", &[b"a", b"x"]),
        layout.image("b", &[b"b", b"x"]),
    ];
    let bench = Bench::new(home.path());
    let archive = format!("oci-archive:{}", home.path().join("all.tar").display());
    let save = |names: &[&str]| {
        let images = names.iter().map(|name| {
            let target = format!("{archive}:{name}");
            image(&layout.image_argument(name), &target)
        });
        bench.done(images.collect())
    };
    let line = |at: usize| format!("{archive}:{} {} Written", ["a", "b"][at], digests[at]);
    assert_eq!(save(&["a", "b"]), [line(0), line(1)]);
    // One that is not there takes nothing from the other.
    let done = save(&["missing", "b"]);
    let path = layout.path().display();
    assert_eq!(
        done,
        [
            format!("error: oci:{path}:missing has no image missing"),
            line(1)
        ]
    );
    let registry = ScriptedRegistry::start(Behaviour::default());
    let back = format!("{}/app:b", registry.host());
    let done = bench.done(vec![image(&archive, &back)]);
    assert_eq!(done, [format!("{back} {} Written", digests[1])]);
}
