//! Which entry of `auths` belongs to a repository. Podman's keys may go on after the host with
//! a path, and the longest one that fits wins (containers-auth.json(5)).

use super::config::Config;
use super::credential::Credential;
use super::registry_key::{host_name, registry_key};
use crate::address::is_docker_hub;

/// How well a key fits: by the length of its path, then by being written as docker writes it.
type Fit = (usize, bool);

impl Config {
    /// The credential that this file holds for a repository (`path`, which may be empty) of a
    /// registry (`host` or `host:port`), with its key. Keys with a scheme, or with the path of an API version, stand
    /// for the whole host. Entries that hold nothing are passed over.
    pub fn credential_for(&self, registry: &str, path: &str) -> Option<(&str, Credential)> {
        let mut best: Option<(Fit, (&str, Credential))> = None;
        for (key, credential) in self.credentials() {
            if let Some(fit) = fit(key, registry, path)
                && best.as_ref().is_none_or(|(best, _)| fit > *best)
            {
                best = Some((fit, (key, credential)));
            }
        }
        best.map(|(_, found)| found)
    }
}

/// How well a key of `auths` fits a repository; `None` when it is another's.
fn fit(key: &str, registry: &str, path: &str) -> Option<Fit> {
    let (host, scope) = split(key)?;
    let hub = is_docker_hub(host) && is_docker_hub(registry);
    if !hub && !host.eq_ignore_ascii_case(registry) {
        return None;
    }
    if scope.is_empty() {
        return Some((0, key == registry_key(registry)));
    }
    let rest = path.strip_prefix(scope)?;
    (rest.is_empty() || rest.starts_with('/')).then_some((scope.len(), true))
}

/// The registry of a key and the path that it is for, which is empty for all of the registry.
/// `None` for the keys under which docker keeps the tokens of a login by browser.
pub fn split(key: &str) -> Option<(&str, &str)> {
    let host = host_name(key);
    let path = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"));
    let is_address = path.is_some();
    let path = path.unwrap_or(key).split_once('/');
    let path = path.map_or("", |(_, path)| path.trim_end_matches('/'));
    if matches!(path, "" | "v1" | "v2") {
        Some((host, ""))
    } else if is_address {
        // `https://index.docker.io/v1/access-token` and `/refresh-token` (docker/cli
        // `cli/internal/oauth/manager/manager.go`).
        (!is_docker_hub(host)).then_some((host, ""))
    } else {
        Some((host, path))
    }
}

#[cfg(test)]
mod tests {
    use crate::docker::Config;

    fn config(keys: &[&str]) -> Config {
        let entries = keys.iter().enumerate().map(|(number, key)| {
            // The entry says nothing where the key is marked so.
            match key.strip_prefix('!') {
                Some(key) => format!("{key:?}: {{}}"),
                None => {
                    format!("{key:?}: {{\"username\": \"user{number}\", \"password\": \"p\"}}")
                }
            }
        });
        let text = format!(
            "{{\"auths\": {{{}}}}}",
            entries.collect::<Vec<_>>().join(",")
        );
        Config::parse(text.as_bytes(), "config.json").unwrap()
    }

    fn found(keys: &[&str], registry: &str, path: &str) -> Option<String> {
        let config = config(keys);
        let (key, _) = config.credential_for(registry, path)?;
        Some(key.to_owned())
    }

    #[test]
    fn the_longest_key_wins() {
        let keys = [
            "r.example/team",
            "r.example",
            "r.example/team/app",
            "!r.example/team/app/deep",
            "other.example/team/app",
            "R.example/UPPER",
        ];
        let find = |path| found(&keys, "r.example", path);
        assert_eq!(find("team/app").as_deref(), Some("r.example/team/app"));
        assert_eq!(find("team/app/deep").as_deref(), Some("r.example/team/app"));
        assert_eq!(find("team/application").as_deref(), Some("r.example/team"));
        assert_eq!(find("team").as_deref(), Some("r.example/team"));
        assert_eq!(find("teams/app").as_deref(), Some("r.example"));
        assert_eq!(find("").as_deref(), Some("r.example"));
        assert_eq!(find("UPPER/x").as_deref(), Some("R.example/UPPER"));
        assert_eq!(found(&keys, "r.example:443", "team/app"), None);
    }

    #[test]
    fn a_path_of_somebody_else_gives_nothing() {
        assert_eq!(found(&["ghcr.io/owner"], "ghcr.io", "other/app"), None);
        assert_eq!(found(&["ghcr.io/owner"], "ghcr.io", ""), None);
    }

    #[test]
    fn addresses_stand_for_the_whole_host() {
        for key in [
            "https://r.example",
            "http://r.example/v1/",
            "https://r.example/team",
            "r.example/v2/",
            "r.example/v1",
            "r.example/",
            "R.EXAMPLE",
        ] {
            let find = found(&[key], "r.example", "any/app");
            assert_eq!(find.as_deref(), Some(key));
        }
        let keys = ["https://r.example", "r.example"];
        assert_eq!(
            found(&keys, "r.example", "a").as_deref(),
            Some("r.example"),
            "docker's own spelling goes first"
        );
    }

    #[test]
    fn docker_hub_has_many_names() {
        let hub = "https://index.docker.io/v1/";
        for key in [hub, "docker.io", "registry-1.docker.io", "index.docker.io"] {
            let find = found(&[key], "docker.io", "library/alpine");
            assert_eq!(find.as_deref(), Some(key));
        }
        let browser = "https://index.docker.io/v1/access-token";
        assert_eq!(found(&[browser], "docker.io", "a/b"), None);
        let keys = ["docker.io", browser, hub, "docker.io/team"];
        assert_eq!(found(&keys, "docker.io", "a/b").as_deref(), Some(hub));
        assert_eq!(
            found(&keys, "docker.io", "team/b").as_deref(),
            Some("docker.io/team")
        );
    }
}
