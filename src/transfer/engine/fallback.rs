//! The list of referrers that clients keep where a registry does not (OCI distribution
//! specification 1.1, "Referrers Tag Schema").

use serde_json::{Map, Value, json};

use crate::oci::{
    BadContent, BadManifest, Descriptor, Digest, Error as OciError, Manifest, Remote, Tag, Target,
    media_type,
};
use crate::transfer::error::Error;

/// How often a list is written that others change at the same time.
const ATTEMPTS: usize = 8;

/// The tag of the list: the algorithm, up to 32 characters, and the digits, up to 64.
fn tag(subject: &Digest) -> Option<Tag> {
    let hex = subject.hex().get(..64).unwrap_or(subject.hex());
    format!("{}-{hex}", subject.algorithm().name()).parse().ok()
}

/// Sees to it that the list of a manifest has these referrers. It is read again after it was
/// written, since nothing keeps two writers apart.
///
/// # Errors
/// As all requests; others change it all the time.
pub(super) async fn add(
    remote: &Remote,
    subject: &Digest,
    referrers: &[Descriptor],
) -> Result<(), Error> {
    let Some(tag) = tag(subject) else {
        return Ok(());
    };
    let name = remote.repository().tagged(tag.clone()).to_string();
    let at = Target::Tag(tag);
    for _ in 0..ATTEMPTS {
        let list = remote.manifest(&at).await?;
        let is_missing = |referrer: &&Descriptor| {
            let mut listed = list.iter().flat_map(Manifest::children);
            listed.all(|known| known.digest != referrer.digest)
        };
        let missing: Vec<&Descriptor> = referrers.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let unusable = |error: BadManifest| OciError::Content {
            subject: name.clone(),
            source: BadContent::Manifest(error),
        };
        let longer = with(list.as_ref(), &missing).map_err(unusable)?;
        remote.put_manifest(&at, &longer).await?;
    }
    Err(Error::Contended { place: name })
}

/// A list with more entries; whatever else is in it stays.
fn with(list: Option<&Manifest>, missing: &[&Descriptor]) -> Result<Manifest, BadManifest> {
    let mut index: Map<String, Value> = match list {
        Some(list) => serde_json::from_slice(list.bytes())?,
        None => Map::from_iter([
            ("schemaVersion".to_owned(), json!(2)),
            ("mediaType".to_owned(), json!(media_type::OCI_INDEX)),
        ]),
    };
    let entries = index.entry("manifests").or_insert_with(|| json!([]));
    if let Value::Array(entries) = entries {
        for referrer in missing {
            entries.push(serde_json::to_value(referrer)?);
        }
    }
    let bytes = serde_json::to_vec(&index)?;
    let digest = Digest::of(&bytes);
    Manifest::parse(bytes.into(), digest, Some(media_type::OCI_INDEX))
}

#[cfg(test)]
mod tests {
    use super::{tag, with};
    use crate::oci::{Descriptor, Digest, Manifest};

    #[test]
    fn a_list_grows_and_keeps_what_it_has() {
        let mut first = Descriptor::new(
            "application/vnd.oci.image.manifest.v1+json",
            Digest::of(b"1"),
            1,
        );
        first.artifact_type = Some("a/b".into());
        let second = Descriptor::new("c/d", Digest::of(b"2"), 2);
        let list = with(None, &[&first]).unwrap();
        assert_eq!(list.children(), [first.clone()]);
        assert_eq!(list.media_type(), "application/vnd.oci.image.index.v1+json");
        let text = String::from_utf8(list.bytes().to_vec()).unwrap();
        let text = text.replacen('{', "{\"other\":{\"z\":1.50},", 1);
        let list = Manifest::parse(text.clone().into(), Digest::of(text.as_bytes()), None).unwrap();
        let longer = with(Some(&list), &[&second]).unwrap();
        assert_eq!(longer.children(), [first, second]);
        let text = String::from_utf8(longer.bytes().to_vec()).unwrap();
        assert!(
            text.starts_with("{\"other\":{\"z\":1.50},\"schemaVersion\":2,"),
            "{text}"
        );
    }

    #[test]
    fn the_tag_has_64_digits_at_most() {
        let hex = "0123456789abcdef".repeat(8);
        let long: Digest = format!("sha512:{hex}").parse().unwrap();
        assert_eq!(
            tag(&long).unwrap().as_str(),
            format!("sha512-{}", "0123456789abcdef".repeat(4))
        );
    }
}
