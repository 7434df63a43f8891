//! Small images in registries, put there without the program that is tested. The same words make
//! the same image, with the same digest, everywhere.

use dockside::oci::Digest;
use dockside::oci::media_type::{
    DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST,
};
use serde_json::{Value, json};

use super::client::ask;

/// The content of what has none (OCI image specification, "Guidance for an Empty Descriptor").
const EMPTY: &str = "{}";
const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// A repository of a registry in plain HTTP.
pub struct Repository<'a> {
    pub host: &'a str,
    pub name: &'a str,
}

/// An image of one layer.
pub struct Image {
    pub config: String,
    pub layer: String,
    pub manifest: Value,
}

impl Image {
    /// One made of `words`, with more fields in the manifest; the types are those of manifest,
    /// config and layer.
    pub fn new(words: &str, more: &Value, types: [&str; 3]) -> Self {
        let [media_type, config_type, layer_type] = types;
        let config = json!({
            "created": "2024-05-01T10:00:00.123Z",
            "os": "linux",
            "architecture": "amd64",
            "config": {"Cmd": ["echo", words], "Env": ["PATH=/bin"], "Labels": {"made": "here"}},
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        let (config, layer) = (config.to_string(), words.repeat(100));
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": descriptor(config_type, config.as_bytes()),
            "layers": [descriptor(layer_type, layer.as_bytes())],
        });
        let fields = more.as_object().unwrap().clone();
        manifest.as_object_mut().unwrap().extend(fields);
        Self {
            config,
            layer,
            manifest,
        }
    }
}

/// How content is named by what refers to it.
pub fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": Digest::of(content).to_string(),
        "size": content.len(),
    })
}

/// A manifest that was put.
#[derive(Debug, Clone)]
pub struct Put {
    /// Its digest, as text.
    pub digest: String,
    /// Its bytes.
    pub bytes: String,
    media_type: &'static str,
    /// The bytes of its config and layers.
    pub size: u64,
}

impl Put {
    /// How an index or a referrer names it.
    pub fn descriptor(&self) -> Value {
        descriptor(self.media_type, self.bytes.as_bytes())
    }

    /// The same with a platform.
    pub fn on(&self, os: &str, architecture: &str) -> Value {
        let mut descriptor = self.descriptor();
        descriptor["platform"] = json!({"os": os, "architecture": architecture});
        descriptor
    }
}

impl Repository<'_> {
    /// Puts an image of one layer, made of `words`, under a tag or, without one, under its digest.
    pub fn image(&self, tag: Option<&str>, words: &str) -> Put {
        self.image_with(tag, words, &json!({}))
    }

    /// The same with more fields in the manifest.
    pub fn image_with(&self, tag: Option<&str>, words: &str, more: &Value) -> Put {
        let types = [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER];
        self.typed(tag, words, more, types)
    }

    /// The same as docker pushes it.
    pub fn docker_image(&self, tag: Option<&str>, words: &str) -> Put {
        let types = [DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER];
        self.typed(tag, words, &json!({}), types)
    }

    fn typed(&self, tag: Option<&str>, words: &str, more: &Value, types: [&'static str; 3]) -> Put {
        let image = Image::new(words, more, types);
        for content in [&image.config, &image.layer] {
            self.blob(content);
        }
        let size = (image.config.len() + image.layer.len()) as u64;
        self.manifest(tag, &image.manifest, types[0], size)
    }

    /// Puts an artifact made of `words`, all of whose content is the empty document that
    /// [`Self::empty`] has put: one request.
    pub fn bare(&self, tag: Option<&str>, words: &str) -> Put {
        let empty = descriptor(OCI_EMPTY, EMPTY.as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": empty, "layers": [empty],
            "annotations": {"words": words},
        });
        self.manifest(tag, &manifest, OCI_MANIFEST, EMPTY.len() as u64)
    }

    /// Puts the content of all that is [bare](Self::bare).
    pub fn empty(&self) {
        self.blob(EMPTY);
    }

    /// Puts an index of these descriptors.
    pub fn index(&self, tag: Option<&str>, manifests: &[Value]) -> Put {
        let index = json!({
            "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests,
        });
        self.manifest(tag, &index, OCI_INDEX, 0)
    }

    /// Gives a manifest another tag.
    pub fn tag(&self, put: &Put, tag: &str) {
        self.put(tag, &put.bytes, put.media_type);
    }

    fn manifest(
        &self,
        tag: Option<&str>,
        manifest: &Value,
        media_type: &'static str,
        size: u64,
    ) -> Put {
        let bytes = manifest.to_string();
        let digest = Digest::of(bytes.as_bytes()).to_string();
        self.put(tag.unwrap_or(&digest), &bytes, media_type);
        Put {
            digest,
            bytes,
            media_type,
            size,
        }
    }

    fn put(&self, reference: &str, bytes: &str, media_type: &str) {
        let line = format!("PUT /v2/{}/manifests/{reference}", self.name);
        let header = format!("Content-Type: {media_type}");
        let came = ask(self.host, &line, &[&header], bytes.as_bytes());
        assert_eq!(came.status, 201, "{}", came.text());
    }

    fn blob(&self, content: &str) {
        let digest = Digest::of(content.as_bytes()).to_string();
        let line = format!("POST /v2/{}/blobs/uploads/", self.name);
        let opened = ask(self.host, &line, &[], b"");
        assert_eq!(opened.status, 202, "{}", opened.text());
        let location = opened.header("location");
        let path = location
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap_or(location);
        let separator = if path.contains('?') { '&' } else { '?' };
        let line = format!("PUT {path}{separator}digest={digest}");
        let header = "Content-Type: application/octet-stream";
        let stored = ask(self.host, &line, &[header], content.as_bytes());
        assert_eq!(stored.status, 201, "{}", stored.text());
    }

    /// The digest that a tag names, if it is there.
    pub fn named(&self, tag: &str) -> Option<String> {
        let line = format!("GET /v2/{}/manifests/{tag}", self.name);
        let accept = format!("Accept: {OCI_MANIFEST}, {OCI_INDEX}, {DOCKER_MANIFEST}");
        let came = ask(self.host, &line, &[&accept], b"");
        (came.status == 200).then(|| Digest::of(&came.body).to_string())
    }
}
