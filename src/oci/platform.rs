//! What an image runs on (OCI image specification, image-index.md).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::nullable::nullable;
use crate::error::{Exit, Explain};
use crate::text::printable;

/// What an image runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, as Go names it; empty where an index leaves it out.
    #[serde(default, deserialize_with = "nullable")]
    pub os: String,
    /// The processor, as Go names it; empty where an index leaves it out.
    #[serde(default, deserialize_with = "nullable")]
    pub architecture: String,
    /// Its variant, such as `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The version of the operating system; Windows has one.
    #[serde(
        default,
        rename = "os.version",
        skip_serializing_if = "Option::is_none"
    )]
    pub os_version: Option<String>,
    /// What the operating system has to offer, such as `win32k`.
    #[serde(
        default,
        rename = "os.features",
        deserialize_with = "nullable",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub os_features: Vec<String>,
}

impl Platform {
    /// Whether this, which an index lists, is the platform that somebody wants. Names are compared
    /// as containerd does (its package `platforms`): `x86_64` is `amd64`, `aarch64` and `arm64/v8`
    /// are `arm64`, and `arm` is `arm/v7`. A version or feature counts only if it is wanted.
    pub fn matches(&self, wanted: &Self) -> bool {
        let version = wanted.os_version.as_deref().unwrap_or_default();
        let has = |feature: &String| self.os_features.contains(feature);
        os(&self.os) == os(&wanted.os)
            && processor(self) == processor(wanted)
            && (version.is_empty() || self.os_version.as_deref() == Some(version))
            && wanted.os_features.iter().all(has)
    }
}

fn os(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name == "macos" {
        "darwin".to_owned()
    } else {
        name
    }
}

/// Architecture and variant, the variant empty where it is what the architecture has at least.
fn processor(platform: &Platform) -> (String, String) {
    let architecture = platform.architecture.to_ascii_lowercase();
    let variant = platform.variant.as_deref().unwrap_or_default();
    let variant = variant.to_ascii_lowercase();
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("amd64" | "x86_64" | "x86-64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("arm64" | "aarch64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (architecture.to_owned(), variant.to_owned())
}

/// Text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a platform", printable(.0))]
pub struct BadPlatform(String);

impl Explain for BadPlatform {
    fn hint(&self) -> Option<String> {
        Some("write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm/v7".into())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl FromStr for Platform {
    type Err = BadPlatform;

    fn from_str(text: &str) -> Result<Self, BadPlatform> {
        let bad = || BadPlatform(text.to_owned());
        // containerd's idea of a part: `^[A-Za-z0-9_.-]+$`.
        let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let parts: Vec<&str> = text.split('/').collect();
        let is_part = |text: &&str| !text.is_empty() && text.bytes().all(part);
        let (os, architecture, variant) = match *parts {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(bad()),
        };
        if !parts.iter().all(is_part) {
            return Err(bad());
        }
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
            ..Self::default()
        })
    }
}

/// `os/architecture[/variant]`, made safe to show.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (os, architecture) = (printable(&self.os), printable(&self.architecture));
        write!(f, "{os}/{architecture}")?;
        match self.variant.as_deref().unwrap_or_default() {
            "" => Ok(()),
            variant => write!(f, "/{}", printable(variant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_one_platform_match() {
        for same in [
            "linux/amd64 linux/x86_64 LINUX/AMD64 linux/x86-64 linux/amd64/v1 linux/x86_64/v1",
            "linux/arm64 linux/aarch64 linux/arm64/v8 linux/arm64/8 linux/aarch64/V8",
            "linux/arm linux/arm/v7 linux/arm/7 linux/armhf",
            "linux/arm/v6 linux/arm/6 linux/armel",
            "linux/arm/v5 linux/arm/5",
            "linux/386 linux/i386",
            "darwin/arm64 macos/arm64",
            "linux/amd64/v3",
            "linux/arm64/v9",
            "linux/riscv64",
            "unknown/unknown",
        ] {
            let names: Vec<Platform> = same.split(' ').map(platform).collect();
            for name in &names {
                assert!(names.iter().all(|other| name.matches(other)), "{name}");
            }
        }
        for (other, wanted) in [
            ("linux/amd64/v3", "linux/amd64"),
            ("linux/amd64", "linux/amd64/v3"),
            ("linux/arm/v6", "linux/arm"),
            ("linux/arm/v8", "linux/arm64"),
            ("linux/arm64/v9", "linux/arm64"),
            ("windows/amd64", "linux/amd64"),
            ("unknown/unknown", "linux/amd64"),
        ] {
            assert!(!platform(other).matches(&platform(wanted)), "{other}");
        }
    }

    #[test]
    fn versions_and_features_count_if_they_are_wanted() {
        let listed: Platform = serde_json::from_str(
            r#"{"os": "windows", "architecture": "amd64", "variant": null, "os.version":
                "10.0.20348.169", "os.features": ["win32k"], "features": ["x"]}"#,
        )
        .unwrap();
        let mut wanted = platform("windows/amd64");
        assert!(listed.matches(&wanted));
        wanted.os_features.push("win32k".to_owned());
        assert!(listed.matches(&wanted));
        assert!(!platform("windows/amd64").matches(&wanted));
        wanted.os_version = Some("10.0.17763.1".to_owned());
        assert!(!listed.matches(&wanted));
        wanted.os_version.clone_from(&listed.os_version);
        assert!(listed.matches(&wanted));
    }

    #[test]
    fn platforms_are_written_with_slashes() {
        assert_eq!(platform("linux/arm/v7").to_string(), "linux/arm/v7");
        for bad in [
            "", "linux", "linux/", "/", "a/b/c/d", "a/b/", "a b/c", "a/\u{1b}", "*/*",
        ] {
            assert!(bad.parse::<Platform>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "a/\u{1b}[2J".parse::<Platform>().unwrap_err().to_string(),
            "`a/\\u{1b}[2J` is not a platform"
        );
        let hostile: Platform =
            serde_json::from_str(r#"{"os": "a\nb", "architecture": null, "variant": ""}"#).unwrap();
        assert_eq!(hostile.to_string(), "a\\nb/");
    }
}
