//! Manifests: exact bytes, and what in them says which other content belongs to them.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::descriptor::{Descriptor, MAX_SIZE};
use super::digest::Digest;
use super::media_type::{self, essence};
use super::raw_manifest::Raw;
use crate::text::printable;

/// The longest manifest that is read, in bytes: what registries take (distribution and
/// containers/image 4 MiB).
pub const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// The most descriptors of one manifest; the largest known indexes have some hundreds.
pub const MAX_DESCRIPTORS: usize = 20_000;

/// The most texts (keys and values) of one manifest: ten for each of the most descriptors. Each
/// takes up to 100 bytes of memory when it is read, which 4 MiB of nothing but short ones would
/// multiply.
const MAX_STRINGS: usize = 10 * MAX_DESCRIPTORS;

/// What servers and proxies say that do not know what they send.
const UNSPECIFIC: [&str; 5] = [
    "",
    "application/json",
    "application/octet-stream",
    "binary/octet-stream",
    "text/plain",
];

/// A manifest as it is stored, and its meaning.
#[derive(Debug, Clone)]
pub struct Manifest {
    bytes: Bytes,
    media_type: String,
    digest: Digest,
    /// What it refers to.
    pub content: Content,
    /// What it is about: it is a referrer of that.
    pub subject: Option<Descriptor>,
    /// What kind of artifact it is.
    pub artifact_type: Option<String>,
    /// Anything that somebody noted.
    pub annotations: BTreeMap<String, String>,
}

/// What a manifest refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Other manifests.
    Index(Vec<Descriptor>),
    /// Blobs: a config, if there is one, and layers.
    Image {
        /// The config.
        config: Option<Box<Descriptor>>,
        /// The layers, or whatever the artifact consists of.
        layers: Vec<Descriptor>,
    },
}

/// Bytes that are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    /// Longer than [`MAX_MANIFEST`].
    #[error("it is longer than 4 MiB")]
    TooLong,
    /// Not the JSON of a manifest.
    #[error("it is not a manifest: {}", shortened(.0))]
    Json(#[from] serde_json::Error),
    /// JSON of something else.
    #[error("it is not a manifest: it refers to nothing")]
    Other,
    /// More than [`MAX_DESCRIPTORS`] descriptors, and how many.
    #[error("it refers to {0} others, more than 20000")]
    TooMany(usize),
    /// More than `MAX_STRINGS` texts, and how many.
    #[error("it holds {0} texts, more than 200000")]
    TooManyStrings(usize),
    /// Sizes that no `int64` can hold together.
    #[error("the sizes of what it refers to add up to more than 2^63 - 1")]
    TooLarge,
    /// An image and an index at once, which programs read differently (CVE-2021-41190).
    #[error("it is an image and an index at once")]
    Ambiguous,
    /// Docker's first form, which cannot be copied by digest.
    #[error("it has Docker's schema 1, which no registry takes any longer")]
    Schema1,
}

/// How much of a JSON error is shown, in characters: it may repeat what it found.
const MAX_SHOWN: usize = 200;

fn shortened(error: &serde_json::Error) -> String {
    printable(
        error
            .to_string()
            .chars()
            .take(MAX_SHOWN)
            .collect::<String>(),
    )
}

impl Manifest {
    /// Reads a manifest that has the digest `digest`, which the caller has checked. `media_type` is
    /// what whoever gave it says it is: a header, or a descriptor.
    ///
    /// # Errors
    /// The bytes are no manifest, or a hostile one.
    pub fn parse(
        bytes: Bytes,
        digest: Digest,
        media_type: Option<&str>,
    ) -> Result<Self, BadManifest> {
        if bytes.len() > MAX_MANIFEST {
            return Err(BadManifest::TooLong);
        }
        let strings = bytes.iter().filter(|byte| **byte == b'"').count() / 2;
        if strings > MAX_STRINGS {
            return Err(BadManifest::TooManyStrings(strings));
        }
        let raw: Raw = serde_json::from_slice(&bytes)?;
        if raw.schema_version == Some(1) {
            return Err(BadManifest::Schema1);
        }
        let said = media_type
            .map(essence)
            .filter(|said| !UNSPECIFIC.contains(&said.as_str()));
        let is_index = raw.is_index(said.as_deref())?;
        let media_type = said.or(raw.media_type).unwrap_or_else(|| {
            let default = if is_index {
                media_type::OCI_INDEX
            } else {
                media_type::OCI_MANIFEST
            };
            default.to_owned()
        });
        let content = if is_index {
            Content::Index(raw.manifests.unwrap_or_default().0)
        } else {
            Content::Image {
                config: raw.config,
                layers: raw.layers.or(raw.blobs).unwrap_or_default().0,
            }
        };
        let manifest = Self {
            bytes,
            media_type,
            digest,
            content,
            subject: raw.subject,
            artifact_type: raw.artifact_type,
            annotations: raw.annotations.unwrap_or_default(),
        };
        let count = manifest.blobs().count() + manifest.children().len();
        if count > MAX_DESCRIPTORS {
            return Err(BadManifest::TooMany(count));
        }
        if manifest.total().is_none_or(|total| total > MAX_SIZE) {
            return Err(BadManifest::TooLarge);
        }
        Ok(manifest)
    }

    /// The bytes as they were received; whatever is done with a manifest, these are sent.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What the registry said it is, else what it says itself.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How others refer to it.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.media_type.clone(), self.digest.clone(), size)
    }

    /// The manifests that it lists.
    pub fn children(&self) -> &[Descriptor] {
        match &self.content {
            Content::Index(manifests) => manifests,
            Content::Image { .. } => &[],
        }
    }

    /// The blobs that it consists of, the config first.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let (config, layers) = match &self.content {
            Content::Index(_) => (None, [].as_slice()),
            Content::Image { config, layers } => (config.as_deref(), layers.as_slice()),
        };
        config.into_iter().chain(layers)
    }

    /// The sizes of what it refers to, together.
    fn total(&self) -> Option<u64> {
        let mut sizes = self.blobs().chain(self.children()).map(|each| each.size);
        sizes.try_fold(0, u64::checked_add)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{BadManifest, Content, MAX_DESCRIPTORS, MAX_MANIFEST, Manifest};
    use crate::oci::Digest;
    use crate::oci::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: impl Into<String>, media_type: Option<&str>) -> Result<Manifest, BadManifest> {
        let bytes = Bytes::from(text.into());
        let digest = Digest::of(&bytes);
        Manifest::parse(bytes, digest, media_type)
    }

    fn descriptor(size: u64) -> String {
        format!(r#"{{"mediaType":"a/b","digest":"{EMPTY}","size":{size}}}"#)
    }

    /// Its media type and what it has, or why it is none.
    fn kind(members: &str, media_type: Option<&str>) -> String {
        let members = members.replace("BLOB", &descriptor(7));
        match parse(format!("{{{members}}}"), media_type) {
            Err(error) => error.to_string(),
            Ok(manifest) => {
                let what = match &manifest.content {
                    Content::Index(_) => "index",
                    Content::Image { config: None, .. } => "blobs",
                    Content::Image { .. } => "image",
                };
                let count = manifest.children().len() + manifest.blobs().count();
                format!("{what} {count} {}", manifest.media_type())
            }
        }
    }

    #[test]
    fn a_manifest_is_an_image_or_an_index() {
        const AMBIGUOUS: &str = "it is an image and an index at once";
        const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
        const OTHER: &str = "it is not a manifest: it refers to nothing";
        let schema1 = "it has Docker's schema 1, which no registry takes any longer";
        let image = r#""schemaVersion": 2, "config": BLOB, "layers": [BLOB, BLOB]"#;
        let index = r#""schemaVersion": 2, "manifests": [BLOB]"#;
        let typed = |media_type: &str, members: &str| {
            format!(r#""schemaVersion": 2, "mediaType": "{media_type}"{members}"#)
        };
        for (members, header, expected) in [
            (image, None, format!("image 3 {OCI_MANIFEST}")),
            (index, None, format!("index 1 {OCI_INDEX}")),
            (
                image,
                Some(DOCKER_MANIFEST),
                format!("image 3 {DOCKER_MANIFEST}"),
            ),
            (index, Some(DOCKER_LIST), format!("index 1 {DOCKER_LIST}")),
            (
                image,
                Some("Application/VND.oci.image.manifest.v1+JSON; charset=utf-8"),
                format!("image 3 {OCI_MANIFEST}"),
            ),
            (
                &typed(DOCKER_LIST, ""),
                Some("text/plain; charset=utf-8"),
                format!("index 0 {DOCKER_LIST}"),
            ),
            (
                &typed(OCI_INDEX, r#", "manifests": null, "annotations": null"#),
                None,
                format!("index 0 {OCI_INDEX}"),
            ),
            (
                &typed(
                    OCI_MANIFEST,
                    r#", "config": BLOB, "layers": null, "manifests": null"#,
                ),
                Some("application/json"),
                format!("image 1 {OCI_MANIFEST}"),
            ),
            (
                &typed(ARTIFACT, r#", "blobs": [BLOB], "subject": BLOB"#),
                None,
                format!("blobs 1 {ARTIFACT}"),
            ),
            (&typed("a/b", ""), None, "blobs 0 a/b".to_owned()),
            (image, Some("a/c"), "image 3 a/c".to_owned()),
            (image, Some(OCI_INDEX), AMBIGUOUS.to_owned()),
            (index, Some(OCI_MANIFEST), AMBIGUOUS.to_owned()),
            (index, Some(DOCKER_MANIFEST), AMBIGUOUS.to_owned()),
            (
                &typed(OCI_INDEX, ""),
                Some(OCI_MANIFEST),
                AMBIGUOUS.to_owned(),
            ),
            (
                &typed(OCI_INDEX, r#", "layers": []"#),
                None,
                AMBIGUOUS.to_owned(),
            ),
            (
                &typed(OCI_MANIFEST, r#", "manifests": []"#),
                None,
                AMBIGUOUS.to_owned(),
            ),
            (
                r#""manifests": [], "layers": []"#,
                None,
                AMBIGUOUS.to_owned(),
            ),
            (
                r#""manifests": [BLOB], "config": BLOB"#,
                None,
                AMBIGUOUS.to_owned(),
            ),
            (
                r#""manifests": [BLOB], "blobs": [BLOB]"#,
                Some(OCI_INDEX),
                AMBIGUOUS.to_owned(),
            ),
            ("", None, OTHER.to_owned()),
            (r#""errors": [{"code": "UNKNOWN"}]"#, None, OTHER.to_owned()),
            (
                r#""schemaVersion": 1, "fsLayers": []"#,
                None,
                schema1.to_owned(),
            ),
            (
                r#""fsLayers": [{"blobSum": ""}], "config": BLOB"#,
                None,
                schema1.to_owned(),
            ),
        ] {
            assert_eq!(kind(members, header), expected, "{members} {header:?}");
        }
    }

    #[test]
    fn what_is_read_is_kept() {
        let text = format!(
            r#" {{"layers": null, "config": {}, "subject": {}, "artifactType": "c/d", "annotations": {{"k": "v"}}}} "#,
            descriptor(1),
            descriptor(2)
        );
        let manifest = parse(text.as_str(), None).unwrap();
        assert_eq!(manifest.bytes(), text.as_bytes());
        assert_eq!(manifest.subject.as_ref().unwrap().size, 2);
        assert_eq!(manifest.artifact_type.as_deref(), Some("c/d"));
        assert_eq!(manifest.annotations["k"], "v");
        let own = manifest.descriptor();
        assert_eq!(
            (own.media_type.as_str(), own.size),
            (OCI_MANIFEST, text.len() as u64)
        );
        assert_eq!(own.digest, Digest::of(text.as_bytes()));
    }

    #[test]
    fn nonsense_is_no_manifest() {
        let nested = format!("{{\"manifests\": {}", "[".repeat(100_000));
        let hidden = format!("{{\"x\": {}", "{\"x\":".repeat(100_000));
        let duplicate = r#"{"layers": [], "layers": []}"#;
        for text in [
            "",
            "[]",
            "null",
            "7",
            "{",
            "\u{feff}{}",
            duplicate,
            &nested,
            &hidden,
        ] {
            let error = parse(text, None).unwrap_err();
            assert!(matches!(error, BadManifest::Json(_)), "{error}");
        }
        let long = format!(r#"{{"layers": "{}"}}"#, "\u{1b}é".repeat(1_000_000));
        assert!(parse(long, None).unwrap_err().to_string().len() < 1000);
        let long = format!(r#"{{"layers": "\u001b{}"}}"#, "é".repeat(1_000_000));
        let shown = parse(long, None).unwrap_err().to_string();
        assert!(shown.len() < 1000 && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn a_manifest_has_limits() {
        let list = |count: usize| {
            let all = vec![descriptor(1); count].join(",");
            parse(
                format!(r#"{{"schemaVersion":2,"manifests":[{all}]}}"#),
                None,
            )
        };
        assert_eq!(
            list(MAX_DESCRIPTORS).unwrap().children().len(),
            MAX_DESCRIPTORS
        );
        let error = list(MAX_DESCRIPTORS + 1).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("it is not a manifest: a list has more than 20000 descriptors")
        );
        let layers = vec![descriptor(1); MAX_DESCRIPTORS].join(",");
        let text = format!(r#"{{"config":{},"layers":[{layers}]}}"#, descriptor(1));
        assert!(matches!(
            parse(text, None),
            Err(BadManifest::TooMany(20_001))
        ));
        let urls = vec![r#""""#; 300_000].join(",");
        let text = format!(r#"{{"layers":[{{"urls":[{urls}]}}]}}"#);
        assert!(matches!(
            parse(text, None),
            Err(BadManifest::TooManyStrings(300_002))
        ));
        let long = " ".repeat(MAX_MANIFEST + 1);
        assert!(matches!(parse(long, None), Err(BadManifest::TooLong)));
        let half = descriptor(i64::MAX as u64);
        for count in 1..4 {
            let layers = vec![half.as_str(); count].join(",");
            let result = parse(format!(r#"{{"layers":[{layers}]}}"#), None);
            assert_eq!(matches!(result, Err(BadManifest::TooLarge)), count > 1);
        }
    }
}
