//! Images of random bytes, which no compression makes smaller, as OCI layouts.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A layout with images of one kind.
pub struct Layout {
    pub directory: PathBuf,
    /// The tags in it.
    pub tags: Vec<String>,
}

/// A source of bytes that is quick, and the same in each run.
struct Random(u64);

impl Random {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            // Xorshift, Marsaglia 2003.
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            bytes.extend(self.0.to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// Writes layouts.
struct Maker {
    directory: PathBuf,
    random: Random,
    entries: Vec<Value>,
    tags: Vec<String>,
}

/// 20 layers of 1 MiB.
pub fn layers(home: &Path) -> Layout {
    let mut maker = Maker::new(home.join("a"), 1);
    let layers = maker.layers(20, 1 << 20);
    let image = maker.image(&layers, "amd64");
    maker.name("v1", image);
    maker.finish()
}

/// 4 layers of 256 MiB.
pub fn bulk(home: &Path) -> Layout {
    let mut maker = Maker::new(home.join("b"), 2);
    let layers = maker.layers(4, 256 << 20);
    let image = maker.image(&layers, "amd64");
    maker.name("v1", image);
    maker.finish()
}

/// 50 images of 5 layers of 64 KiB, 3 of them shared by all.
pub fn many(home: &Path) -> Layout {
    let mut maker = Maker::new(home.join("c"), 3);
    let shared = maker.layers(3, 64 << 10);
    for number in 0..50 {
        let own = maker.layers(2, 64 << 10);
        let image = maker.image(&[shared.clone(), own].concat(), "amd64");
        maker.name(&format!("v{number}"), image);
    }
    maker.finish()
}

/// An index of 4 platforms, each of 5 layers of 1 MiB.
pub fn platforms(home: &Path) -> Layout {
    let mut maker = Maker::new(home.join("d"), 4);
    let mut manifests = Vec::new();
    for architecture in ["amd64", "arm64", "s390x", "riscv64"] {
        let layers = maker.layers(5, 1 << 20);
        let mut image = maker.image(&layers, architecture);
        image["platform"] = json!({"os": "linux", "architecture": architecture});
        manifests.push(image);
    }
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests});
    let index = maker.blob(media_type, index.to_string().as_bytes());
    maker.name("v1", index);
    maker.finish()
}

impl Maker {
    fn new(directory: PathBuf, seed: u64) -> Self {
        fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
        Self {
            directory,
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            entries: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn layers(&mut self, count: usize, size: usize) -> Vec<Value> {
        let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
        let layer = |_| {
            let bytes = self.random.bytes(size);
            self.blob(media_type, &bytes)
        };
        (0..count).map(layer).collect()
    }

    fn image(&self, layers: &[Value], architecture: &str) -> Value {
        let diff_ids: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
        let config = json!({
            "os": "linux", "architecture": architecture, "created": "2026-01-01T00:00:00Z",
            "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.blob(
            "application/vnd.oci.image.config.v1+json",
            config.to_string().as_bytes(),
        );
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers,
        });
        self.blob(media_type, manifest.to_string().as_bytes())
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Sha256::digest(bytes);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(self.directory.join("blobs/sha256").join(&hex), bytes).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len()})
    }

    fn name(&mut self, tag: &str, mut descriptor: Value) {
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        self.entries.push(descriptor);
        self.tags.push(tag.to_owned());
    }

    fn finish(self) -> Layout {
        let index = json!({"schemaVersion": 2, "manifests": self.entries});
        fs::write(self.directory.join("index.json"), index.to_string()).unwrap();
        let version = r#"{"imageLayoutVersion":"1.0.0"}"#;
        fs::write(self.directory.join("oci-layout"), version).unwrap();
        Layout {
            directory: self.directory,
            tags: self.tags,
        }
    }
}
