//! A list of manifests that are being removed, at the registry itself: one that shows manifests by
//! their tags alone would not show any longer what has lost its tags, were the removal cut off.

use bytes::Bytes;
use serde_json::json;

use super::error::Error;
use crate::oci::media_type::OCI_INDEX;
use crate::oci::{self, BadContent, Descriptor, Digest, Manifest, Reference, Tag};

/// What such an index calls itself, so that nothing else is taken for one.
const KIND: &str = "application/vnd.dockside.removal.v1";

/// The annotation that it has, too.
const MARK: &str = "dev.dockside.removal";

/// Whether a manifest is a list of what is being removed. What it names lives by other names or not
/// at all.
pub fn is_doomed_list(manifest: &Manifest) -> bool {
    manifest.media_type() == OCI_INDEX
        && manifest.artifact_type.as_deref() == Some(KIND)
        && manifest.annotations.contains_key(MARK)
        && manifest.subject.is_none()
}

/// An index of manifests that are being removed, and the tag that it gets.
pub struct DoomedList {
    /// The index.
    pub manifest: Manifest,
    /// Its tag, which nobody else has.
    pub tag: Tag,
}

impl DoomedList {
    /// One of these; `subject` is what errors are about.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(manifests: &[Descriptor], subject: &Reference) -> Result<Self, Error> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
        let nonce = Digest::of(&nonce);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "artifactType": KIND,
            "manifests": manifests,
            "annotations": {MARK: nonce.hex()},
        });
        let bytes = Bytes::from(index.to_string());
        let digest = Digest::of(&bytes);
        let name: String = nonce.hex().chars().take(16).collect();
        let failed = |source| oci::Error::Content {
            subject: subject.to_string(),
            source,
        };
        let manifest = Manifest::parse(bytes, digest, Some(OCI_INDEX));
        let manifest = manifest.map_err(|bad| failed(BadContent::Manifest(bad)))?;
        let tag = format!("dockside-removal-{name}").parse();
        let tag = tag.map_err(|_| Error::NoRandomness)?;
        Ok(Self { manifest, tag })
    }
}

#[cfg(test)]
mod tests {
    use super::{DoomedList, is_doomed_list};
    use crate::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
    use crate::oci::{Descriptor, Digest, Manifest};

    #[test]
    fn only_our_own_is_a_list() {
        let subject = "example.com/app:v1".parse().unwrap();
        let one = Descriptor::new(OCI_MANIFEST, Digest::of(b"one"), 3);
        let list = DoomedList::new(&[one], &subject).unwrap().manifest;
        assert!(is_doomed_list(&list));
        let text = String::from_utf8(list.bytes().to_vec()).unwrap();
        for (ours, theirs) in [
            ("vnd.dockside.", "vnd.example."),
            ("dev.dockside.", "dev.example."),
        ] {
            let text = text.replace(ours, theirs);
            let digest = Digest::of(text.as_bytes());
            let other = Manifest::parse(text.into(), digest, Some(OCI_INDEX)).unwrap();
            assert!(!is_doomed_list(&other));
        }
    }
}
