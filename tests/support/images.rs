//! Images for tests: made by hand, written and read through the library, and checked in full.

use std::io::{Read as _, Write as _};
use std::path::Path;

use dockside::oci::{
    Algorithm, Descriptor, Digest, Hasher, Manifest, ManifestContent, Platform, Verifier,
    media_type,
};
use dockside::transfer::local::{Entry, Reader, Writer};
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A tar of files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Content in gzip.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Content in zstd.
pub fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A layer with one file.
pub fn layer(text: &str) -> Vec<u8> {
    tar(&[(&format!("{text}.txt"), text.as_bytes())])
}

/// The config of an image of these layers, which are not compressed.
pub fn config(layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<_> = layers
        .iter()
        .map(|layer| Digest::of(layer).to_string())
        .collect();
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": vec![json!({"created_by": "test"}); layers.len()],
    });
    config.to_string().into_bytes()
}

/// An archive as docker saved it until its version 24: `ID/layer.tar` for each layer.
pub fn docker_save(config: &[u8], layers: &[Vec<u8>], names: &[&str]) -> Vec<u8> {
    let paths: Vec<_> = (0..layers.len())
        .map(|number| format!("{number}/layer.tar"))
        .collect();
    let manifest = json!([{"Config": "config.json", "RepoTags": names, "Layers": paths}]);
    let manifest = manifest.to_string();
    let mut files = vec![("config.json", config)];
    files.extend(
        paths
            .iter()
            .zip(layers)
            .map(|(path, layer)| (path.as_str(), layer.as_slice())),
    );
    files.push(("manifest.json", manifest.as_bytes()));
    tar(&files)
}

/// The digest with this algorithm.
pub fn digest(algorithm: Algorithm, content: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(content);
    hasher.finish()
}

/// Writes a blob in two pieces.
pub fn write_blob(
    writer: &dyn Writer,
    media_type: &str,
    digest: Digest,
    content: &[u8],
) -> Descriptor {
    let descriptor = Descriptor::new(media_type, digest, content.len() as u64);
    let mut blob = writer.blob(&descriptor).unwrap();
    let (first, second) = content.split_at(content.len() / 2);
    blob.write(first).unwrap();
    blob.write(second).unwrap();
    blob.commit().unwrap();
    assert!(writer.has(&descriptor));
    descriptor
}

/// Writes a manifest.
pub fn write_manifest(writer: &dyn Writer, media_type: &str, manifest: &Value) -> Descriptor {
    let bytes = manifest.to_string().into_bytes();
    let digest = Digest::of(&bytes);
    let manifest = Manifest::parse(bytes.into(), digest, Some(media_type)).unwrap();
    writer.manifest(&manifest).unwrap();
    manifest.descriptor()
}

/// Writes an image with a layer in gzip for each text.
pub fn write_image(writer: &dyn Writer, texts: &[&str]) -> Descriptor {
    let layers: Vec<_> = texts.iter().map(|text| layer(text)).collect();
    let config = config(&layers);
    let config = write_blob(writer, media_type::OCI_CONFIG, Digest::of(&config), &config);
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| {
            let layer = gzip(layer);
            write_blob(
                writer,
                media_type::OCI_LAYER_GZIP,
                Digest::of(&layer),
                &layer,
            )
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": config,
        "layers": layers,
    });
    write_manifest(writer, media_type::OCI_MANIFEST, &manifest)
}

/// Writes an index of images for these platforms.
pub fn write_index(writer: &dyn Writer, platforms: &[&str]) -> Descriptor {
    let manifests: Vec<_> = platforms
        .iter()
        .map(|platform| {
            let mut image = write_image(writer, &[platform.replace('/', "-").as_str()]);
            image.platform = Some(platform.parse::<Platform>().unwrap());
            image
        })
        .collect();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": manifests,
    });
    write_manifest(writer, media_type::OCI_INDEX, &index)
}

/// An entry by these names.
pub fn entry(descriptor: &Descriptor, names: &[&str]) -> Entry {
    Entry {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        descriptor: descriptor.clone(),
    }
}

/// The names and digests of the entries.
pub fn named(reader: &dyn Reader) -> Vec<(Vec<String>, String)> {
    let entries = reader.entries().iter();
    entries
        .map(|entry| (entry.names.clone(), entry.descriptor.digest.to_string()))
        .collect()
}

/// Reads an entry with everything below it, and checks every byte of it. Gives the media types of
/// what was read, in order.
pub fn read_whole(reader: &dyn Reader, descriptor: &Descriptor) -> Vec<String> {
    let manifest = reader.manifest(descriptor).unwrap().unwrap();
    let mut types = vec![manifest.media_type().to_owned()];
    if let ManifestContent::Index(children) = &manifest.content {
        types.extend(children.iter().flat_map(|child| read_whole(reader, child)));
    }
    for blob in manifest.blobs() {
        let mut content = Vec::new();
        reader
            .blob(blob, 0)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        let mut verifier = Verifier::new(blob.digest.clone(), Some(blob.size));
        verifier.update(&content).unwrap();
        verifier.finish().unwrap();
        let mut rest = Vec::new();
        reader
            .blob(blob, blob.size / 3)
            .unwrap()
            .read_to_end(&mut rest)
            .unwrap();
        assert_eq!(rest, content[(blob.size / 3) as usize..]);
        types.push(blob.media_type.clone());
    }
    types
}

/// The names of the files in a directory and below, sorted.
pub fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).iter().map(|file| format!("{name}/{file}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}
