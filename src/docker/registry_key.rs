//! What a registry is called in docker's files.

use crate::address::is_docker_hub;

/// Docker Hub's key in `auths` and `credHelpers`. An entry under `docker.io` is not found by
/// the docker CLI (docker/cli `internal/registry/config.go`, `IndexServer`).
pub const HUB_KEY: &str = "https://index.docker.io/v1/";

/// The key of a registry, given as a host, as a key of a config file or as an address: the
/// bare `host[:port]`, or [`HUB_KEY`].
pub fn registry_key(registry: &str) -> &str {
    let host = host_name(registry);
    if is_docker_hub(host) { HUB_KEY } else { host }
}

/// The host of a key, as docker's `ConvertToHostname` finds it
/// (docker/cli `cli/config/credentials/file_store.go`).
pub(super) fn host_name(key: &str) -> &str {
    let bare = key
        .strip_prefix("http://")
        .or_else(|| key.strip_prefix("https://"))
        .unwrap_or(key);
    bare.split_once('/').map_or(bare, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::registry_key;

    #[test]
    fn every_name_of_a_registry_has_one_key() {
        let keys = [
            ("ghcr.io", "ghcr.io"),
            ("registry.example.com:5000", "registry.example.com:5000"),
            ("https://registry.example.com/v1/", "registry.example.com"),
            ("http://localhost:5000", "localhost:5000"),
            ("quay.io/group", "quay.io"),
            ("docker.io", "https://index.docker.io/v1/"),
            ("registry-1.docker.io", "https://index.docker.io/v1/"),
            ("registry.hub.docker.com", "https://index.docker.io/v1/"),
            (
                "https://index.docker.io/v1/access-token",
                "https://index.docker.io/v1/",
            ),
            ("", ""),
        ];
        for (name, key) in keys {
            assert_eq!(registry_key(name), key, "{name}");
        }
    }
}
