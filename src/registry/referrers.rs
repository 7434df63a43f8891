//! Lists of referrers that clients keep, where a registry does not (OCI distribution
//! specification 1.1, "Referrers Tag Schema").

use bytes::Bytes;
use serde_json::Value;

use super::error::Error;
use crate::oci::{self, Algorithm, BadContent, Digest, Manifest, Remote, Tag, Target};

/// How many of a digest's digits are in the tag of what refers to it.
const DIGITS: usize = 64;

/// Whether a tag is that of a list of what refers to a digest: `ALGORITHM-DIGITS`.
pub fn is_referrers_tag(tag: &Tag) -> bool {
    let digits = tag.as_str().split_once('-').filter(|(algorithm, _)| {
        let known = [Algorithm::Sha256, Algorithm::Sha512];
        known.iter().any(|one| one.name() == *algorithm)
    });
    digits.is_some_and(|(_, digits)| {
        let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        digits.len() == DIGITS && digits.bytes().all(digit)
    })
}

/// Takes a manifest that was deleted out of such a list. What else is in the list stays as it is.
///
/// # Errors
/// The list cannot be read or written.
pub async fn unlist(remote: &Remote, list: &Tag, digest: &Digest) -> Result<(), Error> {
    let target = Target::Tag(list.clone());
    let Some(manifest) = remote.manifest(&target).await? else {
        return Ok(());
    };
    let Some(bytes) = without(manifest.bytes(), digest) else {
        return Ok(());
    };
    let new = Digest::of(&bytes);
    let shorter = Manifest::parse(bytes, new, Some(manifest.media_type()));
    let shorter = shorter.map_err(|bad| oci::Error::Content {
        subject: remote.repository().tagged(list.clone()).to_string(),
        source: BadContent::Manifest(bad),
    })?;
    remote.put_manifest(&target, &shorter).await?;
    Ok(())
}

/// The index without what has this digest; `None` when it does not list it.
fn without(index: &[u8], digest: &Digest) -> Option<Bytes> {
    let mut index: Value = serde_json::from_slice(index).ok()?;
    let manifests = index.get_mut("manifests")?.as_array_mut()?;
    let before = manifests.len();
    let digest = digest.to_string();
    manifests.retain(|one| one.get("digest").and_then(Value::as_str) != Some(&digest));
    (manifests.len() < before).then(|| Bytes::from(index.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{is_referrers_tag, without};
    use crate::oci::Digest;

    #[test]
    fn tags_of_lists() {
        let hex = "ab".repeat(32);
        for (tag, expected) in [
            (format!("sha256-{hex}"), true),
            (format!("sha512-{hex}"), true),
            (format!("sha256-{hex}.sig"), false),
            (format!("sha256-{}", "ab".repeat(31)), false),
            (format!("sha1-{hex}"), false),
            (format!("sha256-{}", "AB".repeat(32)), false),
            ("v1-2".to_owned(), false),
        ] {
            assert_eq!(is_referrers_tag(&tag.parse().unwrap()), expected, "{tag}");
        }
    }

    #[test]
    fn one_entry_goes_and_all_else_stays() {
        let gone = Digest::of(b"gone");
        let stays = Digest::of(b"stays");
        let index = format!(
            r#"{{"schemaVersion":2,"x":1,"manifests":[{{"digest":"{gone}"}},{{"digest":"{stays}","size":1}}]}}"#
        );
        let expected =
            format!(r#"{{"schemaVersion":2,"x":1,"manifests":[{{"digest":"{stays}","size":1}}]}}"#);
        assert_eq!(without(index.as_bytes(), &gone).unwrap(), expected);
        assert_eq!(without(expected.as_bytes(), &gone), None);
        assert_eq!(without(b"{}", &gone), None);
    }
}
