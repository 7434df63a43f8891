//! What refers to content: type, digest, size (OCI image specification, descriptor.md).

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::digest::Digest;
use super::nullable::nullable;
use super::platform::Platform;

/// The largest size of anything: sizes are `int64` to the specification, and to the programs that
/// read what is copied.
pub(super) const MAX_SIZE: u64 = i64::MAX as u64;

/// A reference to a blob or manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size, in bytes; at most that of an `int64`.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Where else it can be found; such a layer ("foreign") need not be in the registry.
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub urls: Vec<String>,
    /// Anything that somebody noted.
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
    /// What it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What kind of artifact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// A descriptor of nothing but type, digest and size.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
        }
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if size > MAX_SIZE {
        return Err(D::Error::custom("a size is larger than 2^63 - 1"));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::Descriptor;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read(members: &str) -> Result<Descriptor, String> {
        let text = format!(r#"{{"mediaType": "a/b", "digest": "{EMPTY}", {members}}}"#);
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let plain = Descriptor::new("a/b", EMPTY.parse().unwrap(), 7);
        for members in [
            r#""size": 7"#,
            r#""size": 7, "urls": null, "annotations": null, "platform": null, "artifactType": null"#,
            r#""size": 7, "urls": [], "annotations": {}, "data": "e30=", "new": {"a": [1, null]}"#,
        ] {
            assert_eq!(read(members), Ok(plain.clone()), "{members}");
        }
        let full = read(
            r#""size": 9223372036854775807, "urls": ["https://a/b"], "annotations": {"k": "v"},
               "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
               "artifactType": "c/d""#,
        );
        let full = full.unwrap();
        let written = serde_json::to_string(&full).unwrap();
        assert_eq!(
            written,
            format!(
                r#"{{"mediaType":"a/b","digest":"{EMPTY}","size":9223372036854775807,"urls":["https://a/b"],"annotations":{{"k":"v"}},"platform":{{"os":"linux","architecture":"arm","variant":"v7"}},"artifactType":"c/d"}}"#
            )
        );
        assert_eq!(serde_json::from_str::<Descriptor>(&written).unwrap(), full);
    }

    #[test]
    fn sizes_are_whole_and_not_negative() {
        for size in [
            "-1",
            "1.5",
            "1e3",
            "\"7\"",
            "null",
            "9223372036854775808",
            "18446744073709551616",
            "{}",
            "[7]",
        ] {
            assert!(read(&format!("\"size\": {size}")).is_err(), "{size}");
        }
        assert!(read(r#""urls": []"#).is_err());
        assert!(read(r#""size": 7, "size": 8"#).is_err());
    }
}
