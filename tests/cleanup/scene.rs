//! A repository with everything that a cleanup has to understand, and every brand that can hold it.

use std::collections::BTreeMap;

use dockside::cleanup::Graph;
use dockside::oci::Digest;
use dockside::oci::media_type::{OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST};
use serde_json::{Value, json};

use crate::support::client::ask;
use crate::support::repository::{Image, descriptor};
use crate::support::vendor::Store;

/// What is in a repository, in the order of pushes.
#[derive(Default)]
pub struct Scene {
    blobs: Vec<String>,
    manifests: Vec<Put>,
}

struct Put {
    name: &'static str,
    tags: Vec<String>,
    media_type: &'static str,
    bytes: String,
}

impl Scene {
    /// An index of two images and an attestation, tagged `v1`; cosign's signature of it, an SBOM
    /// in its list of referrers, and a report that only the registry's own list has; an image
    /// with two tags; an image without any.
    pub fn whole() -> Self {
        let mut scene = Self::default();
        for name in ["amd", "arm", "att"] {
            scene.image(name, &[], &json!({}));
        }
        let on = |name: &str, os: &str, architecture: &str| {
            let mut child = scene.descriptor(name);
            child["platform"] = json!({"os": os, "architecture": architecture});
            child
        };
        let children = [
            on("att", "unknown", "unknown"),
            on("amd", "linux", "amd64"),
            on("arm", "linux", "arm64"),
        ];
        scene.index("index", &["v1"], &children);
        let index = scene.descriptor("index");
        let stem = index["digest"].as_str().unwrap().replace(':', "-");
        scene.image("signature", &[&format!("{stem}.sig")], &json!({}));
        let about = |kind: &str| json!({"artifactType": kind, "subject": index});
        scene.image("sbom", &[], &about("example/sbom"));
        let sbom = scene.descriptor("sbom");
        scene.index("list", &[&stem], &[sbom]);
        scene.image("report", &[], &about("example/report"));
        scene.image("plain", &["main", "same"], &json!({}));
        scene.image("alone", &[], &json!({}));
        scene
    }

    /// An image of one layer.
    pub fn image(&mut self, name: &'static str, tags: &[&str], more: &Value) {
        let image = Image::new(name, more, [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER]);
        self.blobs.extend([image.config, image.layer]);
        self.put(name, tags, OCI_MANIFEST, image.manifest.to_string());
    }

    /// An index.
    pub fn index(&mut self, name: &'static str, tags: &[&str], children: &[Value]) {
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
        self.put(name, tags, OCI_INDEX, index.to_string());
    }

    /// Any manifest.
    pub fn put(&mut self, name: &'static str, tags: &[&str], kind: &'static str, bytes: String) {
        self.manifests.push(Put {
            name,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            media_type: kind,
            bytes,
        });
    }

    /// How an index names one of them.
    pub fn descriptor(&self, name: &str) -> Value {
        let put = self.manifests.iter().find(|put| put.name == name).unwrap();
        descriptor(put.media_type, put.bytes.as_bytes())
    }

    /// The digest of one of them.
    pub fn digest(&self, name: &str) -> Digest {
        let digest = self.descriptor(name)["digest"].take();
        digest.as_str().unwrap().parse().unwrap()
    }

    /// The text with names in place of digests.
    pub fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for put in &self.manifests {
            let digest = Digest::of(put.bytes.as_bytes()).to_string();
            text = text.replace(&digest, put.name);
            text = text.replace(&digest.replace(':', "-"), &format!("FOR-{}", put.name));
        }
        for blob in &self.blobs {
            let digest = Digest::of(blob.as_bytes()).to_string();
            let name = if blob.starts_with('{') {
                "config"
            } else {
                "layer"
            };
            text = text.replace(&digest, name);
        }
        text
    }

    /// Puts it into an emulator.
    pub fn store(&self, store: &mut Store, repository: &str) {
        for blob in &self.blobs {
            store.put_blob(repository, blob.as_bytes());
        }
        for put in &self.manifests {
            let bytes = put.bytes.as_bytes();
            let digest = store.put_manifest(repository, None, put.media_type, bytes);
            for tag in &put.tags {
                store.tag(repository, &digest, tag);
            }
        }
    }

    /// Pushes it to a registry in plain HTTP.
    pub fn push(&self, host: &str, repository: &str) {
        for blob in &self.blobs {
            let digest = Digest::of(blob.as_bytes());
            let line = format!("POST /v2/{repository}/blobs/uploads/");
            let opened = ask(host, &line, &[], b"");
            let location = opened.header("location");
            let prefix = format!("http://{host}");
            let path = location.strip_prefix(&prefix).unwrap_or(location);
            let separator = if path.contains('?') { '&' } else { '?' };
            let line = format!("PUT {path}{separator}digest={digest}");
            let header = "Content-Type: application/octet-stream";
            assert_eq!(ask(host, &line, &[header], blob.as_bytes()).status, 201);
        }
        for put in &self.manifests {
            let digest = Digest::of(put.bytes.as_bytes()).to_string();
            let references = match put.tags.as_slice() {
                [] => &[digest],
                tags => tags,
            };
            for reference in references {
                let line = format!("PUT /v2/{repository}/manifests/{reference}");
                let header = format!("Content-Type: {}", put.media_type);
                let came = ask(host, &line, &[&header], put.bytes.as_bytes());
                assert_eq!(came.status, 201, "{}", came.text());
            }
        }
    }

    /// A graph, by its recorded form: a line for each manifest with what is known of it, then a
    /// line for each tag, then the gaps; sorted.
    pub fn lines(&self, graph: &Graph) -> Vec<String> {
        let mut text = Vec::new();
        graph.to_recorded(&mut text).unwrap();
        let again = Graph::from_recorded(text.as_slice()).unwrap();
        let mut copy = Vec::new();
        again.to_recorded(&mut copy).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&copy),
            String::from_utf8_lossy(&text)
        );
        let text = self.named(std::str::from_utf8(&text).unwrap());
        let document: Value = serde_json::from_str(&text).unwrap();
        let list = |key: &str| document[key].as_array().unwrap().clone();
        let mut lines: Vec<String> = list("manifests").iter().map(line).collect();
        lines.sort();
        let mut tags: Vec<String> = list("tags").iter().map(line_of_tag).collect();
        tags.sort();
        lines.extend(tags);
        lines.extend(list("gaps").iter().map(|gap| {
            let fatal = if gap["fatal"] == true {
                "fatal gap"
            } else {
                "gap"
            };
            format!("{fatal}: {}: {}", word(&gap["what"]), word(&gap["why"]))
        }));
        lines
    }
}

/// `NAME content type [children] of=subject blobs key=value...`.
fn line(manifest: &Value) -> String {
    let short = BTreeMap::from([(OCI_MANIFEST, "image"), (OCI_INDEX, "index")]);
    let words = |key: &str| {
        let list = manifest[key].as_array().into_iter().flatten();
        list.map(word).collect::<Vec<_>>().join(" ")
    };
    let mut line = format!(
        "{} {}",
        word(&manifest["digest"]),
        word(&manifest["content"])
    );
    for (key, value) in manifest.as_object().unwrap() {
        line += &match key.as_str() {
            "digest" | "content" | "blobs" | "length" => continue,
            "media_type" => {
                let value = value.as_str().unwrap();
                format!(" {}", short.get(value).unwrap_or(&value))
            }
            "children" => format!(" [{}]", words("children")),
            "subject" => format!(" of={}", word(value)),
            key => format!(" {key}={}", word(value)),
        };
    }
    line
}

fn line_of_tag(tag: &Value) -> String {
    let pushed = match &tag["pushed"] {
        Value::Null => String::new(),
        pushed => format!(" pushed={}", word(pushed)),
    };
    format!("{}: {}{pushed}", word(&tag["tag"]), word(&tag["digest"]))
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
