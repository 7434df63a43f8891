//! Manifests and docker's config.

use bytes::Bytes;
use dockside::docker::Config;
use dockside::oci::media_type::{self, is_index, is_manifest};
use dockside::oci::{Descriptor, Digest, Manifest, ManifestContent, Platform};

/// A manifest that came with any media type; the first byte chooses it.
pub fn manifest(bytes: &[u8]) {
    let (header, text) = match bytes.split_first() {
        Some((b'0', rest)) => (None, rest),
        Some((b'1', rest)) => (Some(media_type::OCI_MANIFEST), rest),
        Some((b'2', rest)) => (Some(media_type::DOCKER_LIST), rest),
        Some((b'3', rest)) => (Some("application/vnd.example+json"), rest),
        _ => (Some("text/plain"), bytes),
    };
    let Some(manifest) = read(text, header) else {
        return;
    };
    let index = matches!(manifest.content, ManifestContent::Index(_));
    for claim in header.into_iter().chain([manifest.media_type()]) {
        assert!(!is_manifest(claim) || is_index(claim) == index);
    }
    let sizes = manifest.blobs().chain(manifest.children());
    assert!(sizes.map(|each| u128::from(each.size)).sum::<u128>() <= i64::MAX as u128);
    assert_eq!(manifest.bytes(), text);
}

/// An index: what it lists is written and read again, and its platforms can be shown and compared.
pub fn index(bytes: &[u8]) {
    let Some(index) = read(bytes, Some(media_type::OCI_INDEX)) else {
        return;
    };
    assert_eq!(index.blobs().count(), 0);
    let wanted: Platform = "linux/amd64".parse().expect("it is a platform");
    for child in index.children().iter().chain(&index.subject) {
        let written = serde_json::to_vec(child).expect("it can be written");
        let again: Descriptor = serde_json::from_slice(&written).expect("it can be read");
        assert_eq!(again, *child);
        let Some(platform) = &child.platform else {
            continue;
        };
        assert!(platform.matches(platform));
        assert!(!platform.to_string().contains(char::is_control));
        if platform.matches(&wanted) {
            assert!(platform.os.eq_ignore_ascii_case("linux"));
        }
    }
}

fn read(bytes: &[u8], header: Option<&str>) -> Option<Manifest> {
    let digest = Digest::of(bytes);
    match Manifest::parse(Bytes::copy_from_slice(bytes), digest, header) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.len() < 4096 && !shown.contains(char::is_control));
            None
        }
    }
}

/// docker's config: it is kept, written and read again.
pub fn docker_config(bytes: &[u8]) {
    let config = match Config::parse(bytes, "fuzz") {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control));
            return;
        }
    };
    let written = config.to_bytes();
    let again = Config::parse(&written, "fuzz").expect("what was written is read");
    assert!(again == config);
    assert_eq!(again.to_bytes(), written);
    let logins: Vec<&str> = config.logins().collect();
    for registry in logins.iter().copied().chain(["docker.io", "r.io"]) {
        let _ = config.credential(registry);
        let _ = config.helper(registry);
    }
    let mut left = config.clone();
    for registry in logins {
        left.remove_login(registry);
    }
    assert!(left.logins().all(|key| key.contains('/')));
}
