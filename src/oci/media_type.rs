//! The media types of manifests (OCI image specification, media-types.md; distribution,
//! manifest-v2-2.md).

/// An image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An image, or any other artifact.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An image's config.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer as it is.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer in gzip.
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer in zstd.
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// Docker's image index.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's image.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's first form of images (distribution, manifest-v2-1.md).
const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
const SIGNED_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/// Docker's config.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Docker's layer, in gzip.
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// What every request for a manifest accepts. Without the full list Quay answers with a
/// converted manifest whose digest differs. `*/*` lets through what else a tag may name.
pub const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1";

/// The media type without parameters, in lower case.
pub fn essence(header: &str) -> String {
    let (essence, _) = header.split_once(';').unwrap_or((header, ""));
    essence.trim().to_ascii_lowercase()
}

/// Whether this is the type of a list of manifests.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

/// Whether what has this type may list other manifests. Types that are not known may.
pub fn may_be_index(media_type: &str) -> bool {
    !matches!(
        media_type,
        OCI_MANIFEST | DOCKER_MANIFEST | SCHEMA1 | SIGNED_SCHEMA1
    )
}

/// Whether this is the type of a manifest of any kind: one that has to be sent to a registry as
/// a manifest, not as a blob.
pub fn is_manifest(media_type: &str) -> bool {
    is_index(media_type) || matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST)
}

#[cfg(test)]
mod tests {
    use super::{
        ACCEPT, DOCKER_CONFIG, DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_LAYER, OCI_MANIFEST,
        essence, is_index, is_manifest,
    };

    #[test]
    fn manifests_are_told_from_blobs() {
        for (media_type, index, manifest) in [
            (OCI_INDEX, true, true),
            (DOCKER_LIST, true, true),
            (OCI_MANIFEST, false, true),
            (DOCKER_MANIFEST, false, true),
            (DOCKER_CONFIG, false, false),
            (OCI_LAYER, false, false),
            ("", false, false),
        ] {
            let found = (is_index(media_type), is_manifest(media_type));
            assert_eq!(found, (index, manifest), "{media_type}");
        }
        let accepted: Vec<String> = ACCEPT.split(',').map(essence).collect();
        let all = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST, "*/*"];
        assert_eq!(accepted, all);
    }

    #[test]
    fn parameters_and_case_do_not_count() {
        assert_eq!(essence(" Text/HTML ; charset=utf-8; x=\";\""), "text/html");
        assert_eq!(essence(""), "");
    }
}
