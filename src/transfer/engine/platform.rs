//! Which part of an index is for a platform.

use super::source::Source;
use crate::oci::{Descriptor, Manifest, ManifestContent, Platform};
use crate::registry::{Config, MAX_CONFIG};
use crate::transfer::error::Error;

/// What BuildKit writes in place of a platform into the descriptors of attestations.
const UNKNOWN: &str = "unknown";

/// The child of an index that is for a platform: the first that matches (OCI image
/// specification, image-index.md). A wish without a variant takes any, if there is no better one.
///
/// # Errors
/// None matches.
pub(super) fn pick<'a>(
    children: &'a [Descriptor],
    wish: &Platform,
    source: &Source,
) -> Result<&'a Descriptor, Error> {
    let platforms: Vec<(&Descriptor, &Platform)> = children
        .iter()
        .filter_map(|child| Some((child, child.platform.as_ref()?)))
        .filter(|(_, platform)| platform.os != UNKNOWN)
        .collect();
    choose(&platforms, wish).ok_or_else(|| {
        let has = platforms.iter().map(|(_, platform)| platform.to_string());
        missing(wish, source, has.collect())
    })
}

/// The first that matches, else the first that does but for its variant.
fn choose<T: Copy>(among: &[(T, &Platform)], wish: &Platform) -> Option<T> {
    let exact = among.iter().find(|(_, platform)| platform.matches(wish));
    let any_variant = |platform: &Platform| {
        let platform = Platform {
            variant: wish.variant.clone(),
            ..platform.clone()
        };
        wish.variant.is_none() && platform.matches(wish)
    };
    let found = exact.or_else(|| among.iter().find(|(_, platform)| any_variant(platform)));
    found.map(|(found, _)| *found)
}

/// Looks whether an image that is in no index is for a platform.
///
/// # Errors
/// It is for another one, or does not say for which.
pub(super) async fn check(
    manifest: &Manifest,
    wish: &Platform,
    source: &Source,
) -> Result<(), Error> {
    let config = match &manifest.content {
        ManifestContent::Image { config, .. } => config.as_deref(),
        ManifestContent::Index(_) => None,
    };
    let bytes = match config {
        Some(config) => source.read(config, MAX_CONFIG).await?,
        None => None,
    };
    let platform = bytes.and_then(|bytes| Config::parse(&bytes).platform());
    match platform {
        Some(platform) => choose(&[((), &platform)], wish)
            .ok_or_else(|| missing(wish, source, vec![platform.to_string()])),
        None => Err(missing(wish, source, Vec::new())),
    }
}

fn missing(wish: &Platform, source: &Source, has: Vec<String>) -> Error {
    Error::Missing {
        place: source.name(),
        what: format!("image for {wish}"),
        has,
    }
}

#[cfg(test)]
mod tests {
    use super::choose;
    use crate::oci::Platform;

    fn chosen(wish: &str, among: &[&str]) -> Option<usize> {
        let platforms: Vec<Platform> = among.iter().map(|p| p.parse().unwrap()).collect();
        let numbered: Vec<_> = platforms.iter().enumerate().collect();
        choose(&numbered, &wish.parse().unwrap())
    }

    #[test]
    fn the_first_that_matches_is_chosen() {
        let all = [
            "linux/amd64",
            "linux/arm/v6",
            "linux/arm/v7",
            "linux/arm64/v8",
        ];
        assert_eq!(chosen("linux/amd64", &all), Some(0));
        assert_eq!(chosen("linux/x86_64", &all), Some(0));
        assert_eq!(chosen("linux/amd64/v1", &all), Some(0));
        assert_eq!(chosen("linux/arm", &all), Some(2));
        assert_eq!(chosen("linux/arm", &all[..2]), Some(1));
        assert_eq!(chosen("linux/arm/v6", &all), Some(1));
        assert_eq!(chosen("linux/arm/v5", &all), None);
        assert_eq!(chosen("linux/arm64", &all), Some(3));
        assert_eq!(chosen("linux/aarch64", &all), Some(3));
        assert_eq!(chosen("windows/amd64", &all), None);
        assert_eq!(chosen("linux/amd64", &["linux/amd64/v3"]), Some(0));
        assert_eq!(chosen("linux/amd64/v2", &["linux/amd64/v3"]), None);
    }
}
