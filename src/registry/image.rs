//! What an image's config says (OCI image specification, config.md).

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::oci::media_type::{DOCKER_CONFIG, OCI_CONFIG};
use crate::oci::{Content as _, Descriptor, Platform, Remote};

/// The longest config that is read, in bytes. Those with long histories have some 100 kB.
pub const MAX_CONFIG: u64 = 4 * 1024 * 1024;

/// The longest date that is believed to be one, in characters: RFC 3339 with nanoseconds and an
/// offset has 35.
const MAX_DATE: usize = 40;

/// Whether a blob of this type is an image's config.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, OCI_CONFIG | DOCKER_CONFIG)
}

/// The content of a small blob, checked; `None` when it is longer than [`MAX_CONFIG`].
///
/// # Errors
/// It cannot be read, or is not what its digest says.
pub async fn read(remote: &Remote, blob: &Descriptor) -> Result<Option<Bytes>, Error> {
    if blob.size > MAX_CONFIG {
        return Ok(None);
    }
    let content = remote.blob(blob);
    let chunks = content.open(0).await?;
    let add = |mut all: BytesMut, chunk: Bytes| async move {
        all.extend_from_slice(&chunk);
        Ok(all)
    };
    let bytes = chunks.try_fold(BytesMut::new(), add).await?;
    Ok(Some(bytes.freeze()))
}

/// An image's config, as far as it says how a container is made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    created: Option<String>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    #[serde(rename = "os.features")]
    os_features: Option<Vec<String>>,
    /// Who made it.
    pub author: Option<String>,
    /// How a container is run; `null` in some images.
    pub config: Option<Execution>,
}

/// How a container is run. Absent lists are written as `null` by docker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all(deserialize = "PascalCase"))]
pub struct Execution {
    /// As whom.
    pub user: Option<String>,
    /// What is started.
    pub entrypoint: Option<Vec<String>>,
    /// With which arguments.
    pub cmd: Option<Vec<String>>,
    /// In which directory.
    pub working_dir: Option<String>,
    /// With which variables.
    pub env: Option<Vec<String>>,
    /// The digest of the config of the image that it was made from: docker's own builder wrote it.
    #[serde(skip_serializing)]
    pub image: Option<String>,
    /// Anything that somebody noted.
    pub labels: Option<BTreeMap<String, String>>,
}

impl Config {
    /// Reads a config. Text that is none says nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// When it was made, in the words of RFC 3339.
    pub fn created(&self) -> Option<&str> {
        date(self.created.as_deref()?)
    }

    /// What it runs on.
    pub fn platform(&self) -> Option<Platform> {
        let said = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        Some(Platform {
            os: said(&self.os)?,
            architecture: said(&self.architecture)?,
            variant: said(&self.variant),
            os_version: said(&self.os_version),
            os_features: self.os_features.clone().unwrap_or_default(),
        })
    }
}

/// The text if it looks like a date of RFC 3339.
pub(super) fn date(text: &str) -> Option<&str> {
    let sign = |byte: u8| byte.is_ascii_digit() || b"-:.+TZtz ".contains(&byte);
    let starts = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_digit());
    (starts && text.len() <= MAX_DATE && text.bytes().all(sign)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Config, Execution, date};

    #[test]
    fn configs_of_docker_and_others() {
        let config = Config::parse(
            br#"{"created":"2024-05-01T10:00:00.5Z","os":"linux","architecture":"arm","variant":"v7",
                "config":{"Entrypoint":null,"Cmd":["sh"],"Env":null,"WorkingDir":"/w","Labels":null},
                "history":[{"created_by":"x"}],"rootfs":{"type":"layers","diff_ids":[]}}"#,
        );
        assert_eq!(config.created(), Some("2024-05-01T10:00:00.5Z"));
        assert_eq!(config.platform().unwrap().to_string(), "linux/arm/v7");
        let execution = Execution {
            cmd: Some(vec!["sh".to_owned()]),
            working_dir: Some("/w".to_owned()),
            ..Execution::default()
        };
        assert_eq!(config.config, Some(execution));
        for text in ["{}", "", "[]", "null", r#"{"os":"linux"}"#, r#"{"os":7}"#] {
            let config = Config::parse(text.as_bytes());
            assert_eq!(config.platform(), None, "{text}");
            assert_eq!(config.created(), None, "{text}");
        }
    }

    #[test]
    fn dates() {
        for good in [
            "2024-05-01T10:00:00Z",
            "2024-05-01T10:00:00.123456789+02:00",
        ] {
            assert_eq!(date(good), Some(good));
        }
        for bad in ["", "yesterday", "Z", "2024\n", &"1".repeat(41)] {
            assert_eq!(date(bad), None, "{bad:?}");
        }
    }
}
