use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use dockside::oci::{Algorithm, Descriptor, Digest, Manifest, media_type};
use dockside::transfer::local::{Writer, create_archive, open_archive, read_archive};
use serde_json::{Value, json};

use super::message;
use crate::support::images::{
    digest, entry, files, gzip, named, read_whole, write_blob, write_image, write_index,
    write_manifest, zstd,
};

/// Names and contents of the files of a tar, in order.
fn unpack(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(Cursor::new(tar));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        let mode = (
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
        );
        assert_eq!((mode, header.mtime().unwrap()), ((0o644, 0, 0), 0));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    });
    entries.collect()
}

fn write(file: &Path) {
    let writer = create_archive(file, false).unwrap();
    let image = write_image(&*writer, &["one", "two"]);
    let index = write_index(&*writer, &["linux/amd64", "linux/arm64"]);
    let entries = [entry(&image, &["v1"]), entry(&index, &["v2", "latest"])];
    writer.finish(&entries).unwrap();
}

#[test]
fn what_is_written_is_read() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    write(&file);
    let bytes = fs::read(&file).unwrap();
    let unpacked = unpack(&bytes);
    assert_eq!(unpacked[0].0, "oci-layout");
    assert_eq!(unpacked[0].1, br#"{"imageLayoutVersion":"1.0.0"}"#);
    assert_eq!(unpacked.last().unwrap().0, "index.json");
    for (name, content) in &unpacked[1..unpacked.len() - 1] {
        assert_eq!(*name, format!("blobs/sha256/{}", Digest::of(content).hex()));
    }
    assert_eq!(bytes.len() % 512, 0);
    assert_eq!(bytes[bytes.len() - 1024..], [0; 1024]);
    assert_eq!(files(place.path()), ["image.tar"]);

    let reader = open_archive(&file).unwrap();
    let names: Vec<_> = reader
        .entries()
        .iter()
        .map(|entry| entry.names.clone())
        .collect();
    assert_eq!(names, [vec!["v1"], vec!["v2", "latest"]]);
    assert_eq!(
        read_whole(&*reader, &reader.entries()[0].descriptor).len(),
        4
    );
    assert_eq!(
        read_whole(&*reader, &reader.entries()[1].descriptor).len(),
        7
    );

    // The same content makes the same file.
    let again = place.path().join("again.tar");
    write(&again);
    assert_eq!(fs::read(&again).unwrap(), bytes);
}

#[test]
fn compressed_or_through_a_pipe() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    write(&file);
    let expected = named(&*open_archive(&file).unwrap());
    let bytes = fs::read(&file).unwrap();
    let (first, second) = bytes.split_at(3000);
    for (name, bytes) in [
        ("image.tar.gz", gzip(&bytes)),
        ("image.tar.zst", zstd(&bytes)),
        ("in two members", [gzip(first), gzip(second)].concat()),
        ("in two frames", [zstd(first), zstd(second)].concat()),
        ("pipe", bytes.clone()),
        ("compressed pipe", gzip(&bytes)),
    ] {
        let path = place.path().join(name);
        let reader = if name.contains("pipe") {
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.unwrap().success());
            std::thread::scope(|scope| {
                scope.spawn(|| fs::write(&path, &bytes).unwrap());
                open_archive(&path).unwrap()
            })
        } else {
            fs::write(&path, &bytes).unwrap();
            open_archive(&path).unwrap()
        };
        assert_eq!(named(&*reader), expected, "{name}");
        for entry in reader.entries() {
            read_whole(&*reader, &entry.descriptor);
        }
    }
}

#[test]
fn blobs_are_written_at_the_same_time() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let writer = create_archive(&file, false).unwrap();
    let images: Vec<Descriptor> = std::thread::scope(|scope| {
        let writer: &dyn Writer = &*writer;
        let threads: Vec<_> = (0..8)
            .map(|number| {
                // All of them write the first layer.
                scope.spawn(move || write_image(writer, &["shared", &format!("own {number}")]))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let entries: Vec<_> = images.iter().map(|image| entry(image, &[])).collect();
    writer.finish(&entries).unwrap();
    let reader = open_archive(&file).unwrap();
    assert_eq!(reader.entries(), entries);
    for image in images {
        assert_eq!(read_whole(&*reader, &image).len(), 4);
    }
    let unpacked = unpack(&fs::read(&file).unwrap());
    let mut names: Vec<_> = unpacked.iter().map(|(name, _)| name).collect();
    names.retain(|name| !name.starts_with("unused/"));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), count), (3 * 8 + 1 + 2, 3 * 8 + 1 + 2));
}

#[test]
fn a_blob_that_fails_is_nowhere() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let writer = create_archive(&file, false).unwrap();
    let of = |content: &[u8], size| Descriptor::new("a", Digest::of(content), size);
    let mut lost = writer.blob(&of(b"lost", 600)).unwrap();
    let mut retried = writer.blob(&of(b"again", 5)).unwrap();
    let long = digest(Algorithm::Sha512, b"lost");
    let lost_as_well = writer.blob(&Descriptor::new("a", long, 600)).unwrap();
    let good = write_blob(&*writer, "a", Digest::of(b"good"), b"good");
    lost.write(&[7; 600]).unwrap();
    drop(lost);
    drop(lost_as_well);
    retried.write(b"ag").unwrap();
    // Whatever is written too much would be written over the next blob.
    let error = message(retried.write(&[7; 4]).unwrap_err());
    let digest = Digest::of(b"again");
    let at = file.display();
    assert_eq!(
        error,
        format!("{at}: damaged: {digest} has 6 bytes in place of 5")
    );
    drop(retried);
    let mut short = writer.blob(&of(b"again", 5)).unwrap();
    short.write(b"agai").unwrap();
    let error = message(short.commit().unwrap_err());
    assert_eq!(
        error,
        format!("{at}: damaged: {digest} has 4 bytes in place of 5")
    );
    let again = write_blob(&*writer, "a", digest, b"again");
    assert!(!writer.has(&of(b"lost", 600)));
    let manifest = json!({"schemaVersion": 2, "config": good, "layers": [again]});
    let manifest = write_manifest(&*writer, media_type::OCI_MANIFEST, &manifest);
    writer.finish(&[entry(&manifest, &[])]).unwrap();

    let unpacked = unpack(&fs::read(&file).unwrap());
    let names: Vec<_> = unpacked.iter().map(|(name, _)| name.as_str()).collect();
    let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.hex());
    let (again, good, manifest_name) = (
        blob(&again.digest),
        blob(&good.digest),
        blob(&manifest.digest),
    );
    let expected = [
        "oci-layout",
        "unused/1024",
        &again,
        "unused/3584",
        &good,
        &manifest_name,
        "index.json",
    ];
    assert_eq!(names, expected);
    let reader = open_archive(&file).unwrap();
    let types = [media_type::OCI_MANIFEST, "a", "a"];
    assert_eq!(read_whole(&*reader, &manifest), types);
}

#[test]
fn nothing_is_there_before_it_is_finished() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    fs::write(&file, "what was there").unwrap();
    let writer = create_archive(&file, false).unwrap();
    let image = write_image(&*writer, &["one"]);
    assert_eq!(fs::read(&file).unwrap(), b"what was there");
    drop(writer);
    assert_eq!(files(place.path()), ["image.tar"]);

    let at = file.display();
    let writer = create_archive(&file, false).unwrap();
    let error = message(writer.finish(&[entry(&image, &[])]).unwrap_err());
    assert_eq!(
        error,
        format!("{at}: the manifest {} is not in it", image.digest)
    );
    let open = writer.blob(&image).unwrap();
    let error = message(writer.finish(&[]).unwrap_err());
    assert_eq!(error, format!("{at}: blobs are still being written to it"));
    drop(open);
    assert_eq!(fs::read(&file).unwrap(), b"what was there");
    writer.finish(&[]).unwrap();
    assert_eq!(named(&*open_archive(&file).unwrap()), []);
    let error = message(writer.finish(&[]).unwrap_err());
    assert_eq!(error, format!("{at}: it is finished already"));
    drop(writer);
    assert_eq!(files(place.path()), ["image.tar"]);

    let error = message(create_archive(place.path(), false).err().unwrap());
    assert_eq!(
        error,
        format!("{}: it is a directory", place.path().display())
    );
}

#[test]
fn sha512_has_names_longer_than_a_header() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let writer = create_archive(&file, false).unwrap();
    let config = write_blob(
        &*writer,
        "a",
        digest(Algorithm::Sha512, b"content"),
        b"content",
    );
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": []});
    let manifest = write_manifest(&*writer, media_type::OCI_MANIFEST, &manifest);
    writer.finish(&[entry(&manifest, &[])]).unwrap();
    let name = format!("blobs/sha512/{}", config.digest.hex());
    let bytes = fs::read(&file).unwrap();
    assert_eq!(unpack(&bytes)[1], (name, b"content".to_vec()));
    let reader = read_archive(Path::new("memory"), bytes).unwrap();
    assert_eq!(
        read_whole(&*reader, &manifest),
        [media_type::OCI_MANIFEST, "a"]
    );
}

/// The content of `manifest.json`.
fn manifest_json(file: &Path) -> Value {
    let unpacked = unpack(&fs::read(file).unwrap());
    let (name, content) = unpacked.last().unwrap();
    assert_eq!(name, "manifest.json");
    serde_json::from_slice(content).unwrap()
}

#[test]
fn docker_is_told_what_is_where() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let writer = create_archive(&file, true).unwrap();
    let image = write_image(&*writer, &["one"]);
    let names = ["app:v1", "registry.example:5000/app"];
    writer.finish(&[entry(&image, &names)]).unwrap();
    let reader = open_archive(&file).unwrap();
    let manifest = reader.manifest(&image).unwrap().unwrap();
    let path = |blob: &Descriptor| format!("blobs/sha256/{}", blob.digest.hex());
    let blobs: Vec<_> = manifest.blobs().map(path).collect();
    let expected = json!([{
        "Config": blobs[0],
        "RepoTags": ["app:v1", "registry.example:5000/app:latest"],
        "Layers": [blobs[1]],
    }]);
    assert_eq!(manifest_json(&file), expected);
    let expected = [
        "app:v1",
        "registry.example:5000/app:latest",
        "docker.io/library/app:v1",
        "v1",
        "latest",
    ];
    assert_eq!(reader.entries(), [entry(&image, &expected)]);
}

#[test]
fn docker_gets_one_image_of_an_index() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let at = file.display();
    let writer = create_archive(&file, true).unwrap();
    let several = write_index(&*writer, &["linux/amd64", "linux/arm64"]);
    let error = message(writer.finish(&[entry(&several, &["app"])]).unwrap_err());
    let reason = "has 2 platforms, and docker loads one from an archive: choose it with \
                  --platform, or write an oci-archive";
    assert_eq!(error, format!("{at}: {} {reason}", several.digest));
    drop(writer);
    assert_eq!(files(place.path()), [""; 0]);

    // An attestation of buildkit is no platform.
    let writer = create_archive(&file, true).unwrap();
    let mut image = write_image(&*writer, &["one"]);
    image.platform = Some("linux/amd64".parse().unwrap());
    let mut attestation = write_image(&*writer, &["attestation"]);
    attestation.platform = Some("unknown/unknown".parse().unwrap());
    let index = json!({"schemaVersion": 2, "manifests": [image, attestation]});
    let index = write_manifest(&*writer, media_type::OCI_INDEX, &index);
    writer.finish(&[entry(&index, &["app:v1"])]).unwrap();
    assert_eq!(manifest_json(&file)[0]["RepoTags"], json!(["app:v1"]));
    let reader = open_archive(&file).unwrap();
    let expected = ["app:v1", "docker.io/library/app:v1", "v1"];
    assert_eq!(reader.entries(), [entry(&index, &expected)]);
}

#[test]
fn docker_loads_images_by_references_only() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("image.tar");
    let writer = create_archive(&file, true).unwrap();
    let image = write_image(&*writer, &["one"]);
    let error = message(writer.finish(&[entry(&image, &["No Name"])]).unwrap_err());
    let reason = "docker cannot load an image by the name \"No Name\"";
    assert_eq!(error, format!("{}: {reason}", file.display()));
    let artifact = json!({"schemaVersion": 2, "layers": [], "subject": image});
    let bytes = artifact.to_string().into_bytes();
    let digest = Digest::of(&bytes);
    let read = Manifest::parse(bytes.into(), digest, Some(media_type::OCI_MANIFEST)).unwrap();
    let artifact = write_manifest(&*writer, media_type::OCI_MANIFEST, &artifact);
    let error = message(writer.accept(&read).unwrap_err());
    let reason = format!(
        "{} is no image that docker loads: write an oci-archive",
        artifact.digest
    );
    assert_eq!(error, format!("{}: {reason}", file.display()));
    // What refers to an image goes along without a name.
    let by_digest = format!("app@{}", image.digest);
    let both = format!("registry.example/app:v1@{}", image.digest);
    let entries = [entry(&image, &[&by_digest, &both]), entry(&artifact, &[])];
    writer.finish(&entries).unwrap();
    let manifest = manifest_json(&file);
    assert_eq!(manifest.as_array().unwrap().len(), 1);
    assert_eq!(manifest[0]["RepoTags"], json!(["registry.example/app:v1"]));
    let reader = open_archive(&file).unwrap();
    let names = ["registry.example/app:v1", "v1"];
    assert_eq!(
        reader.entries(),
        [entry(&image, &names), entry(&artifact, &[])]
    );
    assert_eq!(reader.referrers(&image.digest).unwrap().len(), 1);
}
