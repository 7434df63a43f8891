//! Archives as targets: what is replaced, what is left alone, and what they cannot hold.

use std::os::unix::net::UnixListener;
use std::path::Path;

use dockside::transfer::local::open_archive;
use serde_json::json;

use super::{Bench, image};
use crate::support::images::named;
use crate::support::layout::Layout;
use crate::support::scripted_registry::{Behaviour, Kind, ScriptedRegistry};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The names in an archive, sorted.
fn names(file: &Path) -> Vec<String> {
    let reader = open_archive(file).unwrap();
    let entries = named(&*reader).into_iter();
    let mut names: Vec<String> = entries.flat_map(|(names, _)| names).collect();
    names.sort();
    names
}

#[test]
fn one_file_is_one_target() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let (a, b) = (layout.image("a", &[b"a"]), layout.image("b", &[b"b"]));
    let at = |name: &str| home.path().join(name).display().to_string();
    let (one, same) = (at("x.tar"), at("./x.tar"));
    let done = Bench::new(home.path()).done(vec![
        image(&layout.image_argument("a"), &format!("oci-archive:{one}")),
        image(&layout.image_argument("b"), &format!("oci-archive:{same}")),
    ]);
    let expected = [
        format!("oci-archive:{one}:a {a} Written"),
        format!("oci-archive:{same}:b {b} Written"),
    ];
    assert_eq!(done, expected);
    assert_eq!(names(Path::new(&one)), ["a", "b"]);

    let two = at("y.tar");
    let done = Bench::new(home.path()).done(vec![
        image(&layout.image_argument("a"), &format!("oci-archive:{two}")),
        image(
            &layout.image_argument("b"),
            &format!("docker-archive:{two}:b"),
        ),
    ]);
    // The one that comes first is written, whichever that is.
    let refused = format!("error: {two}: it is a target in two forms at once");
    let written = [
        format!("oci-archive:{two}:a {a} Written"),
        format!("docker-archive:{two}:b {b} Written"),
    ];
    let place = usize::from(done[0] == refused);
    assert_eq!(done[place], written[place]);
    assert_eq!(done[1 - place], refused);
    let held: [&[&str]; 2] = [
        &["a"],
        &["b:latest", "docker.io/library/b:latest", "latest"],
    ];
    assert_eq!(names(Path::new(&two)), held[place]);
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("a", &[b"a"]);
    let socket = home.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let at = socket.display();
    let source = layout.image_argument("a");
    for (target, message) in [
        (
            format!("oci-archive:{at}"),
            format!("{at}: it is there already, and is no regular file"),
        ),
        (
            "docker-archive:-".to_owned(),
            "-: an archive is written to a file: give its name".to_owned(),
        ),
    ] {
        let done = Bench::new(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(done, [format!("error: {message}")]);
    }
    assert!(!socket.metadata().unwrap().is_file());
}

/// Without a name nothing is asked for by name, and the archive would be replaced all the same.
#[test]
fn an_archive_that_is_there_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let digests = ["one", "two"].map(|name| {
        let mut layout = Layout::create(home.path().join(name));
        layout.image("", &[name.as_bytes()])
    });
    let source = |name: &str| format!("oci:{}", home.path().join(name).display());
    let archive = format!("oci-archive:{}", home.path().join("x.tar").display());
    let mut bench = Bench::new(home.path());
    bench.wishes.no_clobber = true;
    for (name, digest, outcome) in [
        ("one", &digests[0], "Written"),
        ("one", &digests[0], "Unchanged"),
        ("two", &digests[0], "Kept"),
    ] {
        let done = bench.done(vec![image(&source(name), &archive)]);
        assert_eq!(done, [format!("{archive} {digest} {outcome}")]);
    }
}

#[test]
fn docker_is_not_offered_what_it_cannot_load() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let index = layout.index("many", &["amd64", "arm64"], &[b"x"]);
    let chart = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob("application/vnd.cncf.helm.config.v1+json", b"{} "),
        "layers": [layout.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"c")],
    });
    let chart = layout.blob(MANIFEST, chart.to_string().as_bytes());
    let chart = layout.entry("chart", chart);
    let registry = ScriptedRegistry::start(Behaviour::default());
    let place = |name: &str| format!("{}/app:{name}", registry.host());
    let bench = Bench::new(home.path());
    let file = home.path().join("x.tar");
    let at = file.display();
    for (name, message) in [
        (
            "many",
            format!(
                "{index} has 2 platforms, and docker loads one from an archive: choose it with \
                 --platform, or write an oci-archive"
            ),
        ),
        (
            "chart",
            format!("{chart} is no image that docker loads: write an oci-archive"),
        ),
    ] {
        bench.done(vec![image(&layout.image_argument(name), &place(name))]);
        registry.forget_requests();
        let done = bench.done(vec![image(&place(name), &format!("docker-archive:{at}"))]);
        assert_eq!(done, [format!("error: {at}: {message}")]);
        assert_eq!(registry.count(Kind::GetBlob), 0);
        assert_eq!(registry.count(Kind::GetManifest), 1);
        assert!(!file.exists());
    }
}

/// They go along, and `docker load` does not hear of them.
#[test]
fn docker_is_not_told_of_signatures() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let signed = layout.image("v1", &[b"x"]);
    let signature = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(CONFIG, br#"{"os":"","rootfs":{"type":"layers","diff_ids":[]}}"#),
        "layers": [layout.blob("application/vnd.dev.cosign.simplesigning.v1+json", b"signed")],
    });
    let signature = layout.blob(MANIFEST, signature.to_string().as_bytes());
    let cosign = format!("{}.sig", signed.replace(':', "-"));
    layout.entry(&cosign, signature);
    let file = home.path().join("x.tar");
    let target = format!("docker-archive:{}:app:v1", file.display());
    let mut bench = Bench::new(home.path());
    bench.wishes.referrers = true;
    let done = bench.done(vec![image(&layout.image_argument("v1"), &target)]);
    assert_eq!(done, [format!("{target} {signed} Written")]);
    let expected = ["app:v1", "docker.io/library/app:v1", &cosign, "v1"];
    assert_eq!(names(&file), expected);
    let images = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    assert_eq!(images.matches(r#""RepoTags":"#).count(), 1);
}
