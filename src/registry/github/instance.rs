//! Instances of GitHub: where their registries and APIs are.

use url::Url;

use crate::address::without_port;
use crate::registry::place::Place;

/// The instance that a registry belongs to.
pub(super) struct Instance {
    /// Its host, as in `GITHUB_SERVER_URL`, such as `github.com`.
    host: String,
    /// Where its REST API is, if that is known; a directory.
    pub(super) api: Option<Url>,
    is_legacy: bool,
}

/// Subdomains of an instance that are registries: the container registry, and the one before it.
const SUBDOMAINS: [&str; 2] = ["containers.", "docker."];

impl Instance {
    /// Whether the host is one of GitHub's own.
    pub(super) fn is_vendors(registry: &str) -> bool {
        matches!(registry, "ghcr.io" | "docker.pkg.github.com") || enterprise(registry).is_some()
    }

    /// Whether the host is named as the registries of a server of one's own are, with subdomain
    /// isolation.
    pub(super) fn is_subdomain(registry: &str) -> bool {
        below(registry).is_some()
    }

    /// That of a registry that is known to be GitHub's.
    pub(super) fn of(place: &Place) -> Self {
        let registry = place.registry();
        let is_legacy = registry == "docker.pkg.github.com" || registry.starts_with("docker.");
        let (host, api) = match registry {
            "ghcr.io" | "docker.pkg.github.com" => {
                ("github.com".to_owned(), address("api.github.com", "/"))
            }
            _ => match enterprise(registry) {
                Some(host) => (host.to_owned(), address(&format!("api.{host}"), "/")),
                None => Self::server(place),
            },
        };
        Self {
            host,
            api,
            is_legacy,
        }
    }

    /// A server of one's own, with its API where the user or the job says, else where it is.
    fn server(place: &Place) -> (String, Option<Url>) {
        let registry = place.registry();
        let host = below(registry).unwrap_or_else(|| without_port(registry));
        let env = &place.settings.context.env;
        let said = env.utf8("GITHUB_API_URL");
        let said = said.and_then(|text| text.parse::<Url>().ok());
        let said = said.filter(|url| is_of(url, host));
        let own = || below(registry).and_then(|host| address(host, "/api/v3/"));
        let api = place.api().cloned().or(said);
        (host.to_owned(), api.map(directory).or_else(own))
    }

    /// Whether it is the registry before the container registry.
    pub(super) fn is_legacy(&self) -> bool {
        self.is_legacy
    }

    /// Whether an address is this instance's own, or that of its API.
    pub(super) fn has(&self, url: &Url) -> bool {
        is_of(url, &self.host)
    }
}

fn is_of(url: &Url, host: &str) -> bool {
    let found = url.host_str().unwrap_or_default();
    found == host || found.strip_prefix("api.") == Some(host)
}

/// `SUB.ghe.com` of its registry (GitHub Enterprise Cloud with data residency).
fn enterprise(registry: &str) -> Option<&str> {
    let host = below(registry)?;
    let sub = host.strip_suffix(".ghe.com")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!sub.is_empty() && sub.bytes().all(plain)).then_some(host)
}

/// The instance's host, of a registry on a subdomain.
fn below(registry: &str) -> Option<&str> {
    let mut hosts = SUBDOMAINS.iter();
    hosts.find_map(|subdomain| without_port(registry).strip_prefix(subdomain))
}

fn address(host: &str, path: &str) -> Option<Url> {
    format!("https://{host}{path}").parse().ok()
}

/// The address with a slash at its end.
fn directory(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{Instance, directory, is_of};

    #[test]
    fn hosts_of_github() {
        for host in [
            "ghcr.io",
            "docker.pkg.github.com",
            "containers.octocorp.ghe.com",
            "docker.octo-corp.ghe.com",
        ] {
            assert!(Instance::is_vendors(host), "{host}");
        }
        for host in [
            "ghcr.io:5000",
            "evilghcr.io",
            "ghcr.io.example.com",
            "containers.ghe.com",
            "containers..ghe.com",
            "containers.a.b.ghe.com",
            "octocorp.ghe.com",
            "containers.example.com",
        ] {
            assert!(!Instance::is_vendors(host), "{host}");
        }
    }

    #[test]
    fn addresses_of_an_instance() {
        let url = |text: &str| text.parse().unwrap();
        assert!(is_of(&url("https://api.github.com"), "github.com"));
        assert!(is_of(
            &url("https://ghe.example.com/api/v3"),
            "ghe.example.com"
        ));
        assert!(!is_of(&url("https://example.com/"), "ghe.example.com"));
        assert!(!is_of(
            &url("https://apighe.example.com/"),
            "ghe.example.com"
        ));
        for text in ["https://h/api/v3", "https://h/api/v3/"] {
            assert_eq!(directory(url(text)).as_str(), "https://h/api/v3/");
        }
    }
}
