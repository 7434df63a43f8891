use std::io::Read as _;
use std::path::Path;

use dockside::oci::{Digest, Manifest, media_type};
use dockside::transfer::local::{Reader, read_archive};
use serde_json::json;

use super::message;
use crate::support::images::{config, docker_save, gzip, layer, named, read_whole, tar, zstd};

fn read(tar: Vec<u8>) -> Box<dyn Reader> {
    read_archive(Path::new("saved.tar"), tar).unwrap()
}

fn error(tar: Vec<u8>) -> String {
    message(read_archive(Path::new("saved.tar"), tar).err().unwrap())
}

fn manifest(reader: &dyn Reader) -> Manifest {
    let [entry] = reader.entries() else {
        panic!("there are {:?}", reader.entries());
    };
    reader.manifest(&entry.descriptor).unwrap().unwrap()
}

/// What the layers are, not compressed.
fn unpacked_layers(reader: &dyn Reader) -> Vec<Vec<u8>> {
    let manifest = manifest(reader);
    let layers = manifest.blobs().skip(1).map(|blob| {
        let mut layer = Vec::new();
        let content = reader.blob(blob, 0).unwrap();
        flate2::read::GzDecoder::new(content)
            .read_to_end(&mut layer)
            .unwrap();
        layer
    });
    layers.collect()
}

#[test]
fn layers_are_compressed_for_a_registry() {
    let layers = [layer("one"), layer("two"), Vec::new()];
    let config = config(&layers);
    let tar = docker_save(&config, &layers, &["app:v1", "app:latest"]);
    let reader = read(tar.clone());
    assert_eq!(reader.entries()[0].names, ["app:v1", "app:latest"]);
    let manifest = manifest(&*reader);
    let expected = [
        media_type::DOCKER_MANIFEST,
        media_type::DOCKER_CONFIG,
        media_type::DOCKER_LAYER,
        media_type::DOCKER_LAYER,
        media_type::DOCKER_LAYER,
    ];
    assert_eq!(
        read_whole(&*reader, &reader.entries()[0].descriptor),
        expected
    );
    assert_eq!(manifest.blobs().next().unwrap().digest, Digest::of(&config));
    assert_eq!(unpacked_layers(&*reader), layers);
    // Whoever opens it finds the same image.
    assert_eq!(named(&*read(tar)), named(&*reader));
}

#[test]
fn compressed_layers_stay_as_they_are() {
    let layers = [layer("one"), layer("two")];
    let config = config(&layers);
    let compressed = [gzip(&layers[0]), gzip(&layers[1])];
    let reader = read(docker_save(&config, &compressed, &["app"]));
    let part = |kind: &str, content: &[u8]| json!({"mediaType": kind, "size": content.len(), "digest": Digest::of(content)});
    let expected = json!({
        "schemaVersion": 2,
        "mediaType": media_type::DOCKER_MANIFEST,
        "config": part(media_type::DOCKER_CONFIG, &config),
        "layers": compressed.map(|layer| part(media_type::DOCKER_LAYER, &layer)),
    });
    assert_eq!(manifest(&*reader).bytes(), expected.to_string().as_bytes());
    read_whole(&*reader, &reader.entries()[0].descriptor);

    // Docker's types have no zstd.
    let compressed = [gzip(&layers[0]), zstd(&layers[1])];
    let reader = read(docker_save(&config, &compressed, &["app"]));
    let expected = [
        media_type::OCI_MANIFEST,
        media_type::OCI_CONFIG,
        media_type::OCI_LAYER_GZIP,
        media_type::OCI_LAYER_ZSTD,
    ];
    assert_eq!(
        read_whole(&*reader, &reader.entries()[0].descriptor),
        expected
    );
}

#[test]
fn equal_layers_are_links() {
    let same = layer("same");
    let config = config(&[same.clone(), same.clone(), same.clone()]);
    let manifest = json!([{
        "Config": "config.json",
        "RepoTags": null,
        "Layers": ["a/layer.tar", "b/layer.tar", "c/layer.tar"],
    }]);
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |kind, name: &str, target: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        if target.is_empty() {
            tar.append_data(&mut header, name, content).unwrap();
        } else {
            tar.append_link(&mut header, name, target).unwrap();
        }
    };
    use tar::EntryType;
    add(EntryType::Symlink, "b/layer.tar", "../a/layer.tar", b"");
    add(EntryType::Regular, "a/layer.tar", "", &same);
    add(EntryType::Link, "c/layer.tar", "b/layer.tar", b"");
    add(EntryType::Regular, "config.json", "", &config);
    add(
        EntryType::Regular,
        "manifest.json",
        "",
        manifest.to_string().as_bytes(),
    );
    let reader = read(tar.into_inner().unwrap());
    assert_eq!(
        unpacked_layers(&*reader),
        [same.clone(), same.clone(), same]
    );
    assert_eq!(reader.entries()[0].names, [""; 0]);
}

#[test]
fn several_images_in_one_archive() {
    let layers = [layer("one"), layer("two")];
    let both = config(&layers);
    let first = config(&layers[..1]);
    let manifest = json!([
        {"Config": "both.json", "RepoTags": ["both:1"], "Layers": ["0", "1"]},
        {"Config": "first.json", "RepoTags": ["first:1"], "Layers": ["0"]},
        {"Config": "both.json", "RepoTags": ["both:2", "both:1"], "Layers": ["0", "1"]},
    ]);
    let reader = read(tar(&[
        ("manifest.json", manifest.to_string().as_bytes()),
        ("both.json", &both),
        ("first.json", &first),
        ("0", &layers[0]),
        ("1", &layers[1]),
    ]));
    let names: Vec<_> = reader
        .entries()
        .iter()
        .map(|entry| entry.names.clone())
        .collect();
    assert_eq!(names, [vec!["both:1", "both:2"], vec!["first:1"]]);
    let counts = reader
        .entries()
        .iter()
        .map(|entry| read_whole(&*reader, &entry.descriptor).len());
    assert_eq!(counts.collect::<Vec<_>>(), [4, 3]);
}

/// What docker 25 and later save: an OCI layout that also has `manifest.json`. `made_up` is how
/// docker's own store of images does it, otherwise it is containerd's. The blob number `without`
/// is left out.
fn both(made_up: bool, without: Option<usize>) -> (Vec<u8>, Vec<u8>) {
    let plain = layer("one");
    let config = config(std::slice::from_ref(&plain));
    let layer = if made_up { plain } else { gzip(&plain) };
    let (kind, layer_digest) = (media_type::OCI_LAYER, Digest::of(&layer));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": {"mediaType": media_type::OCI_CONFIG, "digest": Digest::of(&config), "size": config.len()},
        "layers": [{"mediaType": kind, "digest": layer_digest, "size": layer.len()}],
    });
    let manifest = manifest.to_string().into_bytes();
    let path = |content: &[u8]| format!("blobs/sha256/{}", Digest::of(content).hex());
    let index = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": media_type::OCI_MANIFEST,
        "digest": Digest::of(&manifest),
        "size": manifest.len(),
        "annotations": {
            "io.containerd.image.name": "docker.io/library/app:v1",
            "org.opencontainers.image.ref.name": "v1",
        },
    }]});
    let mut image = json!({
        "Config": path(&config),
        "RepoTags": ["app:v1"],
        "Layers": [path(&layer)],
    });
    if made_up {
        let source = json!({"mediaType": kind, "digest": layer_digest, "size": layer.len()});
        image["LayerSources"] = json!({layer_digest.to_string(): source});
    }
    let docker = json!([image]).to_string();
    let index = index.to_string();
    let paths = [&config, &layer, &manifest].map(|content| path(content));
    let mut files = vec![
        (paths[0].as_str(), config.as_slice()),
        (&paths[1], &layer),
        (&paths[2], &manifest),
    ];
    if let Some(without) = without {
        files.remove(without);
    }
    files.extend([
        ("index.json", index.as_bytes()),
        ("manifest.json", docker.as_bytes()),
        ("oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#),
    ]);
    (tar(&files), manifest)
}

#[test]
fn containerds_manifests_are_kept() {
    let (tar, expected) = both(false, None);
    let reader = read(tar);
    assert_eq!(manifest(&*reader).bytes(), &expected);
    assert_eq!(
        reader.entries()[0].names,
        ["app:v1", "docker.io/library/app:v1", "v1"]
    );
    read_whole(&*reader, &reader.entries()[0].descriptor);
}

#[test]
fn manifests_that_docker_made_up_are_not() {
    let (tar, _) = both(true, None);
    let reader = read(tar);
    assert_eq!(manifest(&*reader).media_type(), media_type::DOCKER_MANIFEST);
    assert_eq!(unpacked_layers(&*reader), [layer("one")]);
    assert_eq!(reader.entries()[0].names, ["app:v1"]);
}

#[test]
fn a_layout_that_lacks_blobs_is_not_used() {
    let (tar, _) = both(false, Some(2));
    let reader = read(tar);
    assert_eq!(manifest(&*reader).media_type(), media_type::DOCKER_MANIFEST);
    let (tar, _) = both(false, Some(1));
    let named = Digest::of(&gzip(&layer("one")));
    let expected = format!(
        "saved.tar: its manifest.json names blobs/sha256/{}, which is not in it",
        named.hex()
    );
    assert_eq!(error(tar), expected);
}

#[test]
fn damaged_images() {
    let layers = [layer("one")];
    let good = config(&layers);
    let (is, says) = (Digest::of(&layer("two")), Digest::of(&layers[0]));
    let reason = format!("a layer is damaged: its config says {says}, it is {is}");
    for layer in [layer("two"), gzip(&layer("two")), zstd(&layer("two"))] {
        assert_eq!(
            error(docker_save(&good, &[layer], &[])),
            format!("saved.tar: {reason}")
        );
    }
    let mut cut_off = gzip(&layers[0]);
    cut_off.truncate(cut_off.len() - 9);
    assert_eq!(
        error(docker_save(&good, &[cut_off], &[])),
        "saved.tar: incomplete deflate stream"
    );
    assert_eq!(
        error(docker_save(&good, &[], &[])),
        "saved.tar: the config config.json has 1 layers, its manifest.json has 0"
    );
    assert_eq!(
        error(docker_save(b"{", &layers, &[])),
        "saved.tar: the config config.json is damaged: EOF while parsing an object at line 1 \
         column 1"
    );
    let names_nothing = tar(&[("manifest.json", br#"[{"Config": "a\u001b", "Layers": []}]"#)]);
    assert_eq!(
        error(names_nothing),
        "saved.tar: its manifest.json names a\\u{1b}, which is not in it"
    );
}
