//! OCI layouts with small images, written here without the program under test.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A layout on disk.
pub struct Layout {
    directory: PathBuf,
    entries: Vec<Value>,
}

impl Layout {
    /// An empty layout.
    pub fn create(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
        let version = json!({"imageLayoutVersion": "1.0.0"});
        fs::write(directory.join("oci-layout"), version.to_string()).unwrap();
        let layout = Self {
            directory,
            entries: Vec::new(),
        };
        layout.write_index();
        layout
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The argument for one of its images.
    pub fn image_argument(&self, name: &str) -> String {
        format!("oci:{}:{name}", self.directory.display())
    }

    /// Adds an image for linux/amd64 of layers that each hold a file with one of the contents,
    /// under a name; gives its digest.
    pub fn image(&mut self, name: &str, layers: &[&[u8]]) -> String {
        let descriptor = self.manifest("amd64", layers);
        self.entry(name, descriptor)
    }

    /// Adds an image for several architectures, each with a layer of its own after the others.
    pub fn index(&mut self, name: &str, architectures: &[&str], layers: &[&[u8]]) -> String {
        let manifests: Vec<Value> = architectures
            .iter()
            .map(|architecture| {
                let own = [layers, &[architecture.as_bytes()]].concat();
                let mut descriptor = self.manifest(architecture, &own);
                descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
                descriptor
            })
            .collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        let descriptor = self.blob(INDEX, index.to_string().as_bytes());
        self.entry(name, descriptor)
    }

    /// Adds a blob; gives its descriptor.
    pub fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        let hex = hex(content);
        fs::write(self.directory.join("blobs/sha256").join(&hex), content).unwrap();
        json!({
            "mediaType": media_type,
            "digest": format!("sha256:{hex}"),
            "size": content.len(),
        })
    }

    fn manifest(&self, architecture: &str, layers: &[&[u8]]) -> Value {
        let tars: Vec<Vec<u8>> = layers.iter().map(|content| tar(content)).collect();
        let ids: Vec<String> = tars
            .iter()
            .map(|tar| format!("sha256:{}", hex(tar)))
            .collect();
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": ids},
        });
        let layers: Vec<Value> = tars
            .iter()
            .map(|tar| self.blob(LAYER, &gzip(tar)))
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(CONFIG, config.to_string().as_bytes()),
            "layers": layers,
        });
        self.blob(MANIFEST, manifest.to_string().as_bytes())
    }

    fn entry(&mut self, name: &str, mut descriptor: Value) -> String {
        let digest = descriptor["digest"].as_str().unwrap().to_owned();
        if !name.is_empty() {
            descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        }
        self.entries.push(descriptor);
        self.write_index();
        digest
    }

    fn write_index(&self) {
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries,
        });
        fs::write(self.directory.join("index.json"), index.to_string()).unwrap();
    }
}

/// Bytes that no compression makes smaller, the same for the same seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tar(content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    let mut tar = tar::Builder::new(Vec::new());
    let name = format!("file-{}", &hex(content)[..8]);
    tar.append_data(&mut header, name, content).unwrap();
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
