//! What manifests and configs say, as far as cleanups ask for it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cleanup::Facts;
use crate::cleanup::werf::BASE;
use crate::oci::media_type::may_be_index;
use crate::oci::{Descriptor, Digest, Manifest, ManifestContent};
use crate::registry::{self, Config, is_image_config};

/// The annotation that saves a look at the config (OCI image specification, annotations.md).
const CREATED: &str = "org.opencontainers.image.created";

/// The longest label or annotation that is kept, in bytes, and the longest name of one. What
/// policies ask for, revisions and dates, is far shorter; some builders note whole files.
const MAX_VALUE: usize = 512;
const MAX_KEY: usize = 128;

/// How the names of the labels begin by which images are tied to git, or to each other: the standard
/// ones (OCI image specification, annotations.md), and werf's. However many others there are, these
/// are kept first.
const KNOWN: [&str; 2] = ["org.opencontainers.image.", "werf"];

/// How many labels are kept of one manifest.
const MAX_LABELS: usize = 100;

/// What is kept of a manifest.
pub(super) struct Said {
    pub(super) facts: Facts,
    pub(super) lead: Option<Lead>,
    /// The media types of what it lists.
    pub(super) types: Vec<(Digest, String)>,
}

/// Where there is more to know of a manifest than it says itself.
#[derive(Clone)]
pub(super) enum Lead {
    /// In its config.
    Config(Box<Descriptor>),
    /// Of an index: in the first image that it lists.
    Image(Digest),
}

impl Said {
    pub(super) fn by(manifest: &Manifest) -> Self {
        let config = match &manifest.content {
            ManifestContent::Image { config, .. } => config.as_deref(),
            ManifestContent::Index(_) => None,
        };
        // An artifact without a type of its own is known by that of its config.
        let kind = config.map(|config| config.media_type.clone());
        let kind = manifest.artifact_type.clone().or(kind);
        let children = manifest.children();
        let lead = match config {
            Some(config) if is_image_config(&config.media_type) => Some(Lead::Config(Box::new(
                Descriptor::new(&config.media_type, config.digest.clone(), config.size),
            ))),
            _ => first_image(children).map(|child| Lead::Image(child.digest.clone())),
        };
        let annotations = manifest.annotations.iter();
        let facts = Facts {
            media_type: Some(manifest.media_type().into()),
            artifact_type: kind.filter(|kind| !is_image_config(kind)).map(Into::into),
            length: u32::try_from(manifest.bytes().len()).ok(),
            created: manifest
                .annotations
                .get(CREATED)
                .and_then(|text| date(text)),
            labels: kept(annotations),
            children: children.iter().map(|child| child.digest.clone()).collect(),
            subject: manifest.subject.as_ref().map(|one| one.digest.clone()),
            blobs: manifest
                .blobs()
                .map(|blob| (blob.digest.clone(), blob.size))
                .collect(),
            platform: None,
            is_dummy: is_dummy(manifest) || registry::is_doomed_list(manifest),
            with_config: lead.is_none(),
        };
        let typed = |child: &Descriptor| (child.digest.clone(), child.media_type.clone());
        Self {
            facts,
            lead,
            types: children.iter().map(typed).collect(),
        }
    }
}

/// Whether it is what a removal moves tags to. Somebody may have called something else so: what lists
/// or refers to anything, or has layers, is none.
fn is_dummy(manifest: &Manifest) -> bool {
    let is_empty = manifest.children().is_empty() && manifest.blobs().count() <= 1;
    is_empty && manifest.subject.is_none() && registry::is_dummy(&manifest.annotations)
}

/// The image that stands for an index: the first one that is no attestation (BuildKit writes those
/// for the platform `unknown/unknown`). Without platforms it is the first manifest.
fn first_image(children: &[Descriptor]) -> Option<&Descriptor> {
    let runs = |child: &&Descriptor| {
        let platform = child.platform.as_ref();
        platform.is_some_and(|platform| platform.os != "unknown")
    };
    let is_attestation = |child: &&Descriptor| {
        let platform = child.platform.as_ref();
        platform.is_some_and(|platform| platform.os == "unknown")
    };
    let mut others = children.iter().filter(|child| !is_attestation(child));
    children.iter().find(runs).or_else(|| others.next())
}

/// What a config says: when the image was made, and its labels.
pub(super) fn by_config(bytes: &[u8]) -> (Option<Timestamp>, BTreeMap<Box<str>, Box<str>>) {
    let config = Config::parse(bytes);
    let labels = config.config.as_ref().and_then(|how| how.labels.as_ref());
    let mut labels = labels.map_or_else(BTreeMap::new, |labels| kept(labels.iter()));
    let base = config.config.as_ref().and_then(|how| how.image.as_deref());
    if let Some(base) = base.filter(|base| !base.is_empty() && base.len() <= MAX_VALUE) {
        labels.insert(BASE.into(), base.into());
    }
    (config.created().and_then(date), labels)
}

fn date(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn kept<'a>(
    labels: impl Iterator<Item = (&'a String, &'a String)>,
) -> BTreeMap<Box<str>, Box<str>> {
    let fits = |(key, value): &(&String, &String)| key.len() <= MAX_KEY && value.len() <= MAX_VALUE;
    let is_known = |key: &str| KNOWN.iter().any(|known| key.starts_with(known));
    let (standard, others): (Vec<_>, Vec<_>) =
        labels.filter(fits).partition(|(key, _)| is_known(key));
    let labels = standard.into_iter().chain(others);
    labels
        .take(MAX_LABELS)
        .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
        .collect()
}

/// Whether a manifest of this type has to be read to know what it lists.
pub(super) fn may_list(media_type: Option<&str>) -> bool {
    media_type.is_none_or(may_be_index)
}

#[cfg(test)]
mod tests {
    use super::{MAX_LABELS, by_config};

    #[test]
    fn the_revision_is_found_among_any_number_of_labels() {
        let others = (0..2 * MAX_LABELS).map(|number| format!(r#""a{number}": "b""#));
        let others: Vec<String> = others.collect();
        let revision = "org.opencontainers.image.revision";
        let text = format!(
            r#"{{"config": {{"Labels": {{{}, "{revision}": "1234567"}}}}}}"#,
            others.join(", ")
        );
        let (_, labels) = by_config(text.as_bytes());
        assert_eq!(labels.len(), MAX_LABELS);
        assert_eq!(labels.get(revision).map(AsRef::as_ref), Some("1234567"));
    }
}
