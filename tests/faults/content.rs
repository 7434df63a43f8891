//! What is moved, and whether all of it arrived.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::layout::{Layout, hex, noise};
use crate::support::scripted_registry::ScriptedRegistry;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A layout with the images of these tests.
pub struct Images {
    directory: TempDir,
    /// Of two layers.
    pub single: String,
    /// For two platforms.
    pub index: String,
    /// Another image.
    pub old: String,
    /// An artifact whose subject is the index.
    pub referrer: String,
}

/// The images. Nothing changes them.
pub static IMAGES: LazyLock<Images> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(directory.path());
    let single = layout.image("single", &[&noise(1, 20_000), b"two"]);
    let index = layout.index("index", &["amd64", "arm64"], &[&noise(1, 20_000)]);
    let old = layout.image("old", &[b"old"]);
    let size = layout_blob(directory.path(), &index).unwrap().len();
    let artifact = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.example",
        "config": layout.blob("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [layout.blob("application/octet-stream", b"signed")],
        "subject": {
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": index, "size": size,
        },
    });
    let artifact = layout.blob(MANIFEST, artifact.to_string().as_bytes());
    let referrer = layout.entry("referrer", artifact);
    Images {
        directory,
        single,
        index,
        old,
        referrer,
    }
});

impl Images {
    /// The argument for one of the images.
    pub fn argument(&self, name: &str) -> String {
        format!("oci:{}:{name}", self.directory.path().display())
    }

    /// Puts an image into a registry without asking it.
    pub fn put(&self, registry: &ScriptedRegistry, repository: &str, tag: &str, digest: &str) {
        let bytes = layout_blob(self.directory.path(), digest).unwrap();
        let manifest: Value = serde_json::from_slice(&bytes).unwrap();
        for child in manifest["manifests"].as_array().into_iter().flatten() {
            self.put(registry, repository, "", child["digest"].as_str().unwrap());
        }
        let layers = manifest["layers"].as_array().into_iter().flatten();
        for blob in layers.chain(manifest.get("config")) {
            let digest = blob["digest"].as_str().unwrap();
            registry.put_blob(
                repository,
                &layout_blob(self.directory.path(), digest).unwrap(),
            );
        }
        let media_type = manifest["mediaType"].as_str().unwrap();
        registry.put_manifest(repository, tag, media_type, &bytes);
    }
}

/// Bytes by digest.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// What is missing or wrong of an image; nothing, if it is complete.
pub fn flaws(of: Lookup<'_>, digest: &str) -> Vec<String> {
    let Some(bytes) = of(digest) else {
        return vec![format!("{digest} is missing")];
    };
    if format!("sha256:{}", hex(&bytes)) != digest {
        return vec![format!("{digest} has other content")];
    }
    let Ok(manifest) = serde_json::from_slice::<Value>(&bytes) else {
        return Vec::new();
    };
    let lists = ["manifests", "layers"].map(|name| manifest[name].as_array());
    let descriptors = lists.into_iter().flatten().flatten();
    // A config of an image is an object with something else under that name.
    let config = manifest
        .get("config")
        .filter(|config| config["digest"].is_string());
    descriptors
        .chain(config)
        .flat_map(|found| flaws(of, found["digest"].as_str().unwrap()))
        .collect()
}

/// The same of an image in a repository; its tag must be of this digest.
pub fn registry_flaws(
    registry: &ScriptedRegistry,
    repository: &str,
    tag: &str,
    digest: &str,
) -> Vec<String> {
    let named = tagged(registry, repository, tag);
    if named.as_deref() != Some(digest) {
        return vec![format!("{repository}:{tag} is {named:?}")];
    }
    let find = |digest: &str| {
        let manifest = registry.manifest(repository, digest);
        manifest
            .map(|(_, bytes)| bytes)
            .or_else(|| registry.blob(repository, digest))
    };
    flaws(&find, digest)
}

/// The digest that a tag names.
pub fn tagged(registry: &ScriptedRegistry, repository: &str, tag: &str) -> Option<String> {
    let (_, bytes) = registry.manifest(repository, tag)?;
    Some(format!("sha256:{}", hex(&bytes)))
}

/// A file of a layout.
pub fn layout_blob(layout: &Path, digest: &str) -> Option<Vec<u8>> {
    fs::read(
        layout
            .join("blobs/sha256")
            .join(digest.strip_prefix("sha256:")?),
    )
    .ok()
}

/// The digests that the index of a layout lists.
pub fn listed(index: &[u8]) -> Vec<String> {
    let index: Value = serde_json::from_slice(index).unwrap();
    let entries = index["manifests"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["digest"].as_str().unwrap().to_owned())
        .collect()
}

/// The files of an archive.
pub fn unpacked(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(File::open(archive).unwrap());
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    files.collect()
}

/// What is missing or wrong of an image in an archive that lists nothing else.
pub fn archive_flaws(archive: &Path, digest: &str) -> Vec<String> {
    let files = unpacked(archive);
    let names = listed(&files["index.json"]);
    if names != [digest] {
        return vec![format!("it lists {names:?}")];
    }
    let find = |digest: &str| {
        files
            .get(&format!("blobs/{}", digest.replace(':', "/")))
            .cloned()
    };
    flaws(&find, digest)
}
