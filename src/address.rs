//! Addresses of registries, as users, CI systems and docker write them.

use std::net::IpAddr;

use crate::error::{Exit, Explain};

/// What docker calls Docker Hub in a reference.
pub const DOCKER_HUB: &str = "docker.io";

/// Docker Hub's other names (docker/cli, `internal/registry/config.go`).
const DOCKER_HUB_NAMES: [&str; 4] = [
    DOCKER_HUB,
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
];

/// Text that is no registry's address.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the address of a registry")]
pub struct BadAddress(String);

impl Explain for BadAddress {
    fn hint(&self) -> Option<String> {
        Some("write host or host:port, such as registry.example.com:5000".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl BadAddress {
    fn new(text: &str) -> Self {
        Self(without_login(text))
    }
}

/// The text without the user's name and password that people write before an `@`. What is before
/// a digest (`NAME:TAG@sha256:...`) is none.
pub fn without_login(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) if !rest.starts_with("sha256:") && !rest.starts_with("sha512:") => {
            format!("***@{rest}")
        }
        _ => text.to_owned(),
    }
}

/// Text that is no repository's name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of a repository")]
pub struct BadRepository(String);

impl Explain for BadRepository {
    fn hint(&self) -> Option<String> {
        Some("write it without a scheme, such as registry.example.com/group/project".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// The registry's `host` or `host:port`, in lower case, from what people write: a scheme and a
/// path are cut off, as `docker login` does. All names of Docker Hub become `docker.io`.
///
/// # Errors
/// What is left is not a host with an optional port.
pub fn registry_host(text: &str) -> Result<String, BadAddress> {
    let bare = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or(text);
    let host = bare
        .split('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !is_host(&host) {
        return Err(BadAddress::new(text));
    }
    Ok(canonical(host))
}

/// The registry of a repository's name. The first part is a host when it holds `.` or `:` or
/// is `localhost`; otherwise the repository is on Docker Hub (distribution/reference).
pub fn registry_of(repository: &str) -> Option<String> {
    let first = repository.split('/').next().filter(|f| !f.is_empty())?;
    let named = first.contains(['.', ':']) || first == "localhost";
    if named && repository.contains('/') {
        registry_host(first).ok()
    } else {
        Some(DOCKER_HUB.to_owned())
    }
}

/// The registry of a repository that the user named.
///
/// # Errors
/// The name cannot be that of a repository.
pub fn registry_of_named(repository: &str) -> Result<String, BadRepository> {
    registry_of(repository).ok_or_else(|| BadRepository(BadAddress::new(repository).0))
}

/// Whether this is Docker Hub under any of its names.
pub fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB_NAMES.contains(&host)
}

/// Whether the host is this machine (`localhost`, 127.0.0.0/8, `::1`), where docker allows
/// plain HTTP.
pub fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The host without its port.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn canonical(host: String) -> String {
    if is_docker_hub(&host) {
        DOCKER_HUB.to_owned()
    } else {
        host
    }
}

fn is_host(host: &str) -> bool {
    let name = without_port(host);
    let port = host
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(':'));
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let valid_name = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && !name.starts_with(['-', '.'])
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        }
    };
    valid_name && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, registry_host, registry_of, registry_of_named};

    #[test]
    fn people_write_addresses_in_many_ways() {
        let host = |text| registry_host(text).ok();
        assert_eq!(
            host("Registry.example.com:5000").as_deref(),
            Some("registry.example.com:5000")
        );
        assert_eq!(host("https://ghcr.io/owner/").as_deref(), Some("ghcr.io"));
        assert_eq!(
            host("https://index.docker.io/v1/").as_deref(),
            Some("docker.io")
        );
        assert_eq!(host("[::1]:5000").as_deref(), Some("[::1]:5000"));
        for bad in [
            "", "-x", "a b", "a:99999", "a:b", "$(id)", "a\nb", "https://", "[::1", ".x",
        ] {
            assert_eq!(host(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = registry_host("https://user:hunter2@registry.example.com").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`***@registry.example.com` is not the address of a registry"
        );
        let error = registry_of_named("https://user:hunter2@registry.example.com/a").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`***@registry.example.com/a` is not the name of a repository"
        );
    }

    #[test]
    fn the_first_part_of_a_repository_may_be_a_host() {
        let registry = |text| registry_of(text);
        assert_eq!(registry("ghcr.io/a/b").as_deref(), Some("ghcr.io"));
        assert_eq!(registry("localhost/a").as_deref(), Some("localhost"));
        assert_eq!(registry("library/alpine").as_deref(), Some("docker.io"));
        assert_eq!(registry("alpine").as_deref(), Some("docker.io"));
        assert_eq!(registry("").as_deref(), None);
    }

    #[test]
    fn loopback_is_this_machine_only() {
        assert!(is_loopback("localhost:5000"));
        assert!(is_loopback("127.8.9.1"));
        assert!(is_loopback("[::1]:5000"));
        assert!(!is_loopback("localhost.example.com"));
        assert!(!is_loopback("10.0.0.1:5000"));
    }
}
