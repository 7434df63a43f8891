use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use dockside::oci::{Algorithm, Descriptor, Digest, media_type};
use dockside::transfer::local::{create_layout, open_layout};
use serde_json::{Value, json};

use super::message;
use crate::support::images::{
    digest, entry, files, named, read_whole, write_blob, write_image, write_index, write_manifest,
};

const DIRECTORY: &str = "TEST_LAYOUT_DIRECTORY";
const NUMBER: &str = "TEST_LAYOUT_NUMBER";

#[test]
fn what_is_written_is_read() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("new/layout");
    let writer = create_layout(&directory).unwrap();
    let image = write_image(&*writer, &["one", "two"]);
    let index = write_index(&*writer, &["linux/amd64", "linux/arm/v7"]);
    let entries = [
        entry(&image, &["v1", "latest"]),
        entry(&index, &["registry.example/app:v2"]),
    ];
    writer.finish(&entries).unwrap();

    let reader = open_layout(&directory).unwrap();
    assert_eq!(reader.entries(), entries);
    let image_types = [
        media_type::OCI_MANIFEST,
        media_type::OCI_CONFIG,
        media_type::OCI_LAYER_GZIP,
        media_type::OCI_LAYER_GZIP,
    ];
    assert_eq!(read_whole(&*reader, &image), image_types);
    let index_types = [
        &[media_type::OCI_INDEX],
        &image_types[..3],
        &image_types[..3],
    ]
    .concat();
    assert_eq!(read_whole(&*reader, &index), index_types);

    let is_blob = |file: &String| file.starts_with("blobs/sha256/");
    let (blobs, others): (Vec<_>, Vec<_>) = files(&directory).into_iter().partition(is_blob);
    assert_eq!(
        (blobs.len(), others),
        (11, vec!["index.json".to_owned(), "oci-layout".into()])
    );
    let written = fs::read_to_string(directory.join("oci-layout")).unwrap();
    assert_eq!(written, r#"{"imageLayoutVersion":"1.0.0"}"#);
    // As any program makes files, so that other users may read them.
    let any = place.path().join("any");
    fs::write(&any, "").unwrap();
    for file in files(&directory) {
        let mode = directory.join(file).metadata().unwrap().mode();
        assert_eq!(mode, any.metadata().unwrap().mode());
    }
}

#[test]
fn sha512_too() {
    let directory = tempfile::tempdir().unwrap();
    let writer = create_layout(directory.path()).unwrap();
    let sha512 = digest(Algorithm::Sha512, b"content");
    let blob = write_blob(&*writer, "text/plain", sha512.clone(), b"content");
    let path = format!("blobs/sha512/{}", sha512.hex());
    assert_eq!(fs::read(directory.path().join(path)).unwrap(), b"content");
    assert_eq!(
        fs::read_dir(directory.path().join("blobs/sha256"))
            .unwrap()
            .count(),
        0
    );
    let manifest = json!({"schemaVersion": 2, "config": blob, "layers": []});
    let manifest = write_manifest(&*writer, media_type::OCI_MANIFEST, &manifest);
    let reader = open_layout(directory.path()).unwrap();
    let read = [media_type::OCI_MANIFEST, "text/plain"];
    assert_eq!(read_whole(&*reader, &manifest), read);
}

#[test]
fn what_failed_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let writer = create_layout(directory.path()).unwrap();
    let descriptor = Descriptor::new("a", Digest::of(b"content"), 7);
    let mut dropped = writer.blob(&descriptor).unwrap();
    dropped.write(b"cont").unwrap();
    let mut short = writer.blob(&descriptor).unwrap();
    short.write(b"cont").unwrap();
    let at = directory.path().display();
    let digest = &descriptor.digest;
    let expected = format!("{at}: damaged: {digest} has 4 bytes in place of 7");
    assert_eq!(message(short.commit().unwrap_err()), expected);
    drop(dropped);
    assert!(!writer.has(&descriptor));
    let expected = format!("{at}: the manifest {digest} is not in it");
    let finished = writer.finish(&[entry(&descriptor, &["v1"])]);
    assert_eq!(message(finished.unwrap_err()), expected);
    assert_eq!(files(directory.path()), ["index.json", "oci-layout"]);
    assert_eq!(named(&*open_layout(directory.path()).unwrap()), []);
}

#[test]
fn what_killed_processes_left_is_removed_after_a_day() {
    let directory = tempfile::tempdir().unwrap();
    create_layout(directory.path()).unwrap();
    let left = |name: &str, hours: u64| {
        let file = fs::File::create(directory.path().join(name)).unwrap();
        let time = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
        file.set_modified(time).unwrap();
    };
    left(".dockside-old", 25);
    left(".dockside-new", 23);
    left("of-another-program", 25);
    create_layout(directory.path()).unwrap();
    let expected = [
        ".dockside-new",
        "index.json",
        "oci-layout",
        "of-another-program",
    ];
    assert_eq!(files(directory.path()), expected);
}

#[test]
fn referrers_are_those_that_the_index_lists() {
    let directory = tempfile::tempdir().unwrap();
    let writer = create_layout(directory.path()).unwrap();
    let image = write_image(&*writer, &["one"]);
    let empty = write_blob(
        &*writer,
        "application/vnd.example",
        Digest::of(b"{}"),
        b"{}",
    );
    let referrer = |fields: Value| {
        let mut manifest = json!({
            "schemaVersion": 2,
            "config": empty,
            "layers": [],
            "subject": image,
            "annotations": {"a": "b"},
        });
        manifest
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        write_manifest(&*writer, media_type::OCI_MANIFEST, &manifest)
    };
    let typed = referrer(json!({"artifactType": "application/vnd.sbom"}));
    let untyped = referrer(json!({}));
    referrer(json!({"annotations": {"not": "listed"}}));
    let entries = [
        entry(&image, &["v1"]),
        entry(&typed, &[]),
        entry(&untyped, &[]),
    ];
    writer.finish(&entries).unwrap();

    let reader = open_layout(directory.path()).unwrap();
    let expected = [
        (typed, "application/vnd.sbom"),
        (untyped, "application/vnd.example"),
    ];
    let expected = expected.map(|(mut referrer, kind)| {
        referrer.artifact_type = Some(kind.to_owned());
        referrer.annotations = [("a".to_owned(), "b".to_owned())].into();
        referrer
    });
    assert_eq!(reader.referrers(&image.digest).unwrap(), expected);
    assert_eq!(reader.referrers(&empty.digest).unwrap(), []);
}

#[test]
fn what_is_no_layout() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let file = |name: &str, content: &str| {
        let path = at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    let version = r#"{"imageLayoutVersion":"1.0.0"}"#;
    file("file", "");
    file("without-version/index.json", r#"{"manifests":[]}"#);
    file("without-index/oci-layout", version);
    file(
        "other-version/oci-layout",
        r#"{"imageLayoutVersion":"2.0\u001b"}"#,
    );
    file("damaged/oci-layout", version);
    file("damaged/index.json", "{");
    file("long/oci-layout", version);
    file("long/index.json", &" ".repeat(4 * 1024 * 1024 + 1));
    file("link/oci-layout", version);
    symlink("/etc/passwd", at("link/index.json")).unwrap();
    for (name, reason) in [
        ("nothing", "No such file or directory (os error 2)"),
        (
            "file",
            "it is no directory: archives are written oci-archive:FILE or docker-archive:FILE",
        ),
        (
            "without-version",
            "it is no OCI layout: it has no file oci-layout",
        ),
        ("without-index", "it is no OCI layout: it has no index.json"),
        (
            "other-version",
            "it is an OCI layout of version \"2.0\\\\u{1b}\"; 1.0.0 is known",
        ),
        (
            "damaged",
            "its index.json is damaged: EOF while parsing an object at line 1 column 1",
        ),
        ("long", "its index.json is longer than 4 MiB"),
    ] {
        let error = open_layout(&at(name)).err().unwrap();
        assert_eq!(message(error), format!("{}: {reason}", at(name).display()));
    }
    let error = open_layout(&at("link")).err().unwrap();
    let link = at("link/index.json");
    let expected = format!(
        "{}: {} is a symbolic link, which a layout does not have",
        at("link").display(),
        link.display()
    );
    assert_eq!(message(error), expected);
    // Nothing is written where there is something else.
    file("full/precious", "");
    let error = create_layout(&at("full")).err().unwrap();
    let reason = "it is neither empty nor an OCI layout: it has no file oci-layout";
    assert_eq!(
        message(error),
        format!("{}: {reason}", at("full").display())
    );
    assert_eq!(files(&at("full")), ["precious"]);
}

#[test]
fn hostile_blobs() {
    let directory = tempfile::tempdir().unwrap();
    let writer = create_layout(directory.path()).unwrap();
    let blob = write_blob(&*writer, "a", Digest::of(b"content"), b"content");
    let path = directory
        .path()
        .join("blobs/sha256")
        .join(blob.digest.hex());
    let reader = open_layout(directory.path()).unwrap();
    let error = |blob: &Descriptor| message(reader.blob(blob, 0).err().unwrap());
    let at = directory.path().display();

    let larger = Descriptor {
        size: 8,
        ..blob.clone()
    };
    let expected = format!("{at}: damaged: {} has 7 bytes in place of 8", blob.digest);
    assert_eq!(error(&larger), expected);
    assert!(!writer.has(&larger));

    fs::remove_file(&path).unwrap();
    let expected = format!("{at}: it does not have the blob {}", blob.digest);
    assert_eq!(error(&blob), expected);
    assert!(reader.manifest(&blob).unwrap().is_none());

    symlink("/etc/passwd", &path).unwrap();
    let is_link = |path: &Path| {
        format!(
            "{at}: {} is a symbolic link, which a layout does not have",
            path.display()
        )
    };
    assert_eq!(error(&blob), is_link(&path));
    assert!(!writer.has(&blob));

    fs::remove_file(&path).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(error(&blob), format!("{at}: {} is no file", path.display()));

    let elsewhere = tempfile::tempdir().unwrap();
    let blobs = directory.path().join("blobs");
    fs::rename(&blobs, elsewhere.path().join("blobs")).unwrap();
    symlink(elsewhere.path().join("blobs"), &blobs).unwrap();
    assert_eq!(error(&blob), is_link(&blobs));
    let written = writer.blob(&blob).err().unwrap();
    assert_eq!(message(written), is_link(&blobs));
}

#[test]
fn a_manifest_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let writer = create_layout(directory.path()).unwrap();
    let manifest = write_image(&*writer, &["one"]);
    let path = directory
        .path()
        .join("blobs/sha256")
        .join(manifest.digest.hex());
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] = b' ';
    fs::write(&path, &bytes).unwrap();
    let reader = open_layout(directory.path()).unwrap();
    let error = message(reader.manifest(&manifest).unwrap_err());
    let (at, digest) = (directory.path().display(), &manifest.digest);
    let found = Digest::of(&bytes);
    assert_eq!(
        error,
        format!("{at}: damaged: what was given for {digest} is {found}")
    );
    let huge = Descriptor {
        size: u64::MAX,
        ..manifest
    };
    let error = message(reader.manifest(&huge).unwrap_err());
    assert_eq!(error, format!("{at}: damaged: it is longer than 4 MiB"));
}

/// What the processes and threads of the tests below do: an image of their own, and a layer that
/// all of them share.
#[test]
fn one_of_many_writers() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let number = std::env::var(NUMBER).unwrap();
    write_one(Path::new(&directory), &number);
}

fn write_one(directory: &Path, number: &str) {
    let writer = create_layout(directory).unwrap();
    let image = write_image(&*writer, &["shared", number]);
    let own = format!("own-{number}");
    writer.finish(&[entry(&image, &[&own, "moving"])]).unwrap();
}

#[test]
fn processes_and_threads_share_a_layout() {
    const PROCESSES: usize = 16;
    const THREADS: usize = 16;
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("layout");
    let processes: Vec<_> = (0..PROCESSES)
        .map(|number| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "local::layouts::one_of_many_writers"])
                .env(DIRECTORY, &directory)
                .env(NUMBER, number.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for number in PROCESSES..PROCESSES + THREADS {
            let directory = &directory;
            scope.spawn(move || write_one(directory, &number.to_string()));
        }
    });
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }

    let reader = open_layout(&directory).unwrap();
    let mut names = Vec::new();
    for entry in reader.entries() {
        read_whole(&*reader, &entry.descriptor);
        names.extend(entry.names.clone());
    }
    names.sort();
    let mut expected: Vec<_> = (0..PROCESSES + THREADS)
        .map(|n| format!("own-{n}"))
        .collect();
    expected.push("moving".into());
    expected.sort();
    assert_eq!(names, expected);
    let is_blob = |file: &String| file.starts_with("blobs/sha256/");
    let (blobs, others): (Vec<_>, Vec<_>) = files(&directory).into_iter().partition(is_blob);
    // Of each image a manifest, a config and a layer; and one layer of all.
    assert_eq!(blobs.len(), 3 * (PROCESSES + THREADS) + 1);
    assert_eq!(others, ["index.json", "oci-layout"]);
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_sound_layout() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("layout");
    for round in 0..20 {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "local::layouts::one_of_many_writers"])
            .env(DIRECTORY, &directory)
            .env(NUMBER, round.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(round));
        process.kill().unwrap();
        process.wait().unwrap();
        if directory.join("oci-layout").exists() {
            let reader = open_layout(&directory).unwrap();
            for entry in reader.entries() {
                read_whole(&*reader, &entry.descriptor);
            }
        }
    }
    write_one(&directory, "last");
    let reader = open_layout(&directory).unwrap();
    assert_eq!(
        reader.entries().last().unwrap().names,
        ["own-last", "moving"]
    );
}
