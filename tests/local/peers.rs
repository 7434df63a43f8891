//! What other programs write is read here, and they read what is written here.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use dockside::oci::{Descriptor, Digest, media_type};
use dockside::transfer::local::{Reader, create_archive, create_layout, open_archive, open_layout};

use crate::support::images::{entry, gzip, read_whole, write_image, write_index};
use crate::support::registry::{self, Registry};
use crate::support::{go_program, installed, isolate};

/// Runs a program in an environment of its own and gives what it prints.
fn run(program: impl AsRef<OsStr>, home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    isolate(&mut command, home);
    let output = command.current_dir(home).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn skopeo(home: &Path, arguments: &[&str]) -> String {
    run(
        "skopeo",
        home,
        &[&["--insecure-policy"], arguments].concat(),
    )
}

/// A layout `ours` with an image `v1` of two layers, and an index `many`.
fn ours(home: &Path) -> (Descriptor, Descriptor) {
    let writer = create_layout(&home.join("ours")).unwrap();
    let image = write_image(&*writer, &["one", "two"]);
    let index = write_index(&*writer, &["linux/amd64", "linux/arm64"]);
    let entries = [entry(&image, &["v1"]), entry(&index, &["many"])];
    writer.finish(&entries).unwrap();
    (image, index)
}

/// The config of the only image, and what its layers are, not compressed.
fn content(reader: &dyn Reader) -> (Digest, Vec<Digest>) {
    let [entry] = reader.entries() else {
        panic!("there are {:?}", reader.entries());
    };
    read_whole(reader, &entry.descriptor);
    let manifest = reader.manifest(&entry.descriptor).unwrap().unwrap();
    let mut blobs = manifest.blobs();
    let config = blobs.next().unwrap().digest.clone();
    let plain = blobs.map(|blob| {
        let mut bytes = Vec::new();
        let mut content = reader.blob(blob, 0).unwrap();
        std::io::copy(&mut content, &mut bytes).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice());
            std::io::copy(&mut decoder, &mut unpacked).unwrap();
            bytes = unpacked;
        }
        Digest::of(&bytes)
    });
    (config, plain.collect())
}

#[test]
fn skopeo_reads_and_writes_layouts() {
    if !installed("skopeo") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    let (image, index) = ours(home);
    for (source, target, digest, count) in [
        ("oci:ours:v1", "oci:theirs:v1", &image.digest, 4),
        ("oci:ours:many", "oci:theirs:many", &index.digest, 7),
        ("oci:ours:v1", "oci-archive:theirs.tar:v1", &image.digest, 4),
        ("oci:ours:many", "oci-archive:many.tar", &index.digest, 7),
    ] {
        skopeo(home, &["copy", "--all", source, target]);
        let parts: Vec<_> = target.split(':').collect();
        let (kind, path) = (parts[0], home.join(parts[1]));
        let reader = match kind {
            "oci" => open_layout(&path).unwrap(),
            _ => open_archive(&path).unwrap(),
        };
        let mut entries = reader.entries().iter();
        let found = entries
            .find(|entry| entry.descriptor.digest == *digest)
            .unwrap();
        assert_eq!(found.names, parts[2..]);
        assert_eq!(read_whole(&*reader, &found.descriptor).len(), count);
    }
    // One more image in their layout: theirs stay.
    let writer = create_layout(&home.join("theirs")).unwrap();
    let more = write_image(&*writer, &["three"]);
    writer.finish(&[entry(&more, &["v3"])]).unwrap();
    for (name, digest) in [
        ("v1", &image.digest),
        ("many", &index.digest),
        ("v3", &more.digest),
    ] {
        let raw = skopeo(home, &["inspect", "--raw", &format!("oci:theirs:{name}")]);
        assert_eq!(Digest::of(raw.as_bytes()), *digest, "{name}");
    }
}

#[test]
fn skopeo_reads_and_writes_docker_archives() {
    if !installed("skopeo") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    ours(home);
    skopeo(
        home,
        &["copy", "oci:ours:v1", "docker-archive:theirs.tar:app:v1"],
    );
    let expected = {
        skopeo(home, &["copy", "oci:ours:v1", "oci:alone"]);
        content(&*open_layout(&home.join("alone")).unwrap())
    };
    let theirs = open_archive(&home.join("theirs.tar")).unwrap();
    assert_eq!(theirs.entries()[0].names, ["docker.io/library/app:v1"]);
    assert_eq!(content(&*theirs), expected);
    let packed = gzip(&fs::read(home.join("theirs.tar")).unwrap());
    fs::write(home.join("theirs.tar.gz"), packed).unwrap();
    let packed = open_archive(&home.join("theirs.tar.gz")).unwrap();
    assert_eq!(packed.entries(), theirs.entries());

    let writer = create_archive(&home.join("ours.tar"), true).unwrap();
    let image = write_image(&*writer, &["one", "two"]);
    writer.finish(&[entry(&image, &["app:v1"])]).unwrap();
    for source in [
        "docker-archive:ours.tar",
        "docker-archive:ours.tar:app:v1",
        "oci-archive:ours.tar",
    ] {
        let target = home.join("copied");
        skopeo(home, &["copy", source, "oci:copied"]);
        assert_eq!(
            content(&*open_layout(&target).unwrap()),
            expected,
            "{source}"
        );
        fs::remove_dir_all(target).unwrap();
    }
}

#[test]
fn crane_reads_and_writes() {
    let Some(crane) = go_program("crane") else {
        return;
    };
    if !installed("skopeo") || !installed(registry::PROGRAM) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    let (image, index) = ours(home);
    let registry = Registry::open();
    let host = registry.host();
    let at = |name: &str| format!("{host}/app:{name}");
    let crane = |arguments: &[&str]| run(&crane, home, arguments).trim_end().to_owned();

    // Our layout into a registry, by crane: of an archive that docker loads, and of a layout.
    let alone = create_layout(&home.join("alone")).unwrap();
    write_image(&*alone, &["one", "two"]);
    alone.finish(&[entry(&image, &["v1"])]).unwrap();
    crane(&["push", "alone", &at("v1")]);
    assert_eq!(crane(&["digest", &at("v1")]), image.digest.to_string());
    let many = create_layout(&home.join("many")).unwrap();
    write_index(&*many, &["linux/amd64", "linux/arm64"]);
    many.finish(&[entry(&index, &[])]).unwrap();
    crane(&["push", "many", &at("many")]);
    assert_eq!(crane(&["digest", &at("many")]), index.digest.to_string());
    let writer = create_archive(&home.join("ours.tar"), true).unwrap();
    write_image(&*writer, &["one", "two"]);
    writer.finish(&[entry(&image, &[&at("v1")])]).unwrap();
    assert_eq!(
        crane(&["validate", "--tarball", "ours.tar"]),
        "PASS: ours.tar"
    );

    // What crane pulls.
    crane(&["pull", "--format=oci", &at("many"), "pulled"]);
    let pulled = open_layout(&home.join("pulled")).unwrap();
    assert_eq!(pulled.entries()[0].descriptor.digest, index.digest);
    assert_eq!(
        read_whole(&*pulled, &pulled.entries()[0].descriptor).len(),
        7
    );
    for format in ["tarball", "legacy"] {
        crane(&["pull", &format!("--format={format}"), &at("v1"), format]);
        let pulled = open_archive(&home.join(format)).unwrap();
        assert_eq!(pulled.entries()[0].names, [at("v1")]);
        let alone = content(&*open_layout(&home.join("alone")).unwrap());
        assert_eq!(content(&*pulled), alone, "{format}");
    }
    // Its tarball has compressed layers: both make the same manifest of it.
    let tarball = open_archive(&home.join("tarball")).unwrap();
    let digest = tarball.entries()[0].descriptor.digest.to_string();
    assert_eq!(crane(&["digest", "--tarball", "tarball"]), digest);
}

#[test]
fn buildah_reads_and_writes() {
    if !installed("buildah") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    ours(home);
    // Where images from anywhere are trusted by default, nothing else is asked.
    let policy = home.join(".config/containers/policy.json");
    fs::create_dir_all(policy.parent().unwrap()).unwrap();
    fs::write(
        &policy,
        r#"{"default":[{"type":"insecureAcceptAnything"}]}"#,
    )
    .unwrap();
    let storage = home.join("storage");
    let storage = storage.to_str().unwrap();
    let buildah = |arguments: &[&str]| {
        let (root, run_root) = (
            format!("--root={storage}"),
            format!("--runroot={storage}/run"),
        );
        let global = [&root, &run_root, "--storage-driver=vfs"];
        run("buildah", home, &[&global[..], arguments].concat())
    };
    let id = buildah(&["pull", "--quiet", "oci:ours:v1"]);
    let id = id.trim();
    buildah(&["push", "--quiet", id, "docker-archive:theirs.tar:app:v1"]);
    buildah(&["push", "--quiet", "--format=oci", id, "oci:theirs:v1"]);
    let archive = open_archive(&home.join("theirs.tar")).unwrap();
    assert_eq!(archive.entries()[0].names, ["docker.io/library/app:v1"]);
    assert_eq!(
        archive.entries()[0].descriptor.media_type,
        media_type::DOCKER_MANIFEST
    );
    let (_, of_archive) = content(&*archive);
    let (_, of_layout) = content(&*open_layout(&home.join("theirs")).unwrap());
    assert_eq!(of_archive, of_layout);
    assert_eq!(of_archive.len(), 2);

    let writer = create_archive(&home.join("ours.tar"), true).unwrap();
    let image = write_image(&*writer, &["one", "two"]);
    writer
        .finish(&[entry(&image, &["registry.example/app:v9"])])
        .unwrap();
    buildah(&["pull", "--quiet", "docker-archive:ours.tar"]);
    let images = buildah(&["images", "--format={{.Name}}:{{.Tag}}"]);
    assert!(images.contains("registry.example/app:v9"), "{images}");
}
