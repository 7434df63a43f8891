//! GitHub's registries, and who logs in where.

use super::super::job::{Login, Need};
use crate::address::{registry_host, registry_of};
use crate::env::Env;

/// The registry of github.com.
const GHCR: &str = "ghcr.io";

/// The registry of github.com before ghcr.io.
const LEGACY_REGISTRY: &str = "docker.pkg.github.com";

/// The registry that belongs to a server: Enterprise Server, and Enterprise Cloud with its own
/// data residency, have theirs at a name below the server's.
pub(super) fn of_server(server: &str) -> Option<String> {
    let host = registry_host(server).ok()?;
    Some(if host == "github.com" {
        GHCR.to_owned()
    } else {
        format!("containers.{host}")
    })
}

/// The login at the registry of a server, or at the legacy one where werf is to use that.
pub(super) fn login(env: &Env, registry: String) -> Option<Login> {
    let is_legacy = registry == GHCR
        && env.utf8("WERF_REPO").and_then(registry_of).as_deref() == Some(LEGACY_REGISTRY);
    Some(Login {
        username: env.utf8("GITHUB_ACTOR")?.to_owned(),
        secret: env.utf8("GITHUB_TOKEN")?.into(),
        kind: "job token",
        variable: "GITHUB_TOKEN",
        // An Enterprise Server has a registry only where subdomains are isolated.
        need: if registry == GHCR {
            Need::Required
        } else {
            Need::IfThere
        },
        registry: if is_legacy {
            LEGACY_REGISTRY.to_owned()
        } else {
            registry
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_that_of_the_server() {
        for (server, registry) in [
            ("https://github.com", Some("ghcr.io")),
            ("https://GitHub.com/", Some("ghcr.io")),
            ("https://acme.ghe.com", Some("containers.acme.ghe.com")),
            (
                "https://git.example.com:8443",
                Some("containers.git.example.com:8443"),
            ),
            (
                "https://github.com.evil.example",
                Some("containers.github.com.evil.example"),
            ),
            ("https://", None),
        ] {
            assert_eq!(of_server(server).as_deref(), registry, "{server}");
        }
    }

    fn login_at(changes: &[(&str, &str)], registry: &str) -> Option<(String, Need)> {
        let common = [("GITHUB_ACTOR", "octocat"), ("GITHUB_TOKEN", "ghs_x")];
        let env: Env = common.iter().chain(changes).copied().collect();
        let login = login(&env, registry.to_owned())?;
        Some((login.registry, login.need))
    }

    #[test]
    fn only_the_registry_of_an_enterprise_server_may_be_missing() {
        for (registry, need) in [
            ("ghcr.io", Need::Required),
            ("containers.git.example.com", Need::IfThere),
        ] {
            let expected = Some((registry.to_owned(), need));
            assert_eq!(login_at(&[], registry), expected);
        }
    }

    #[test]
    fn the_legacy_registry_is_used_where_werf_is_to_use_it() {
        for (repo, registry) in [
            ("docker.pkg.github.com/o/r/i", "docker.pkg.github.com"),
            ("docker.pkg.github.com.evil.example/o", "ghcr.io"),
            ("docker.pkg.github.com", "ghcr.io"),
        ] {
            let found = login_at(&[("WERF_REPO", repo)], "ghcr.io");
            assert_eq!(found, Some((registry.to_owned(), Need::Required)), "{repo}");
        }
        let repo = ("WERF_REPO", "docker.pkg.github.com/o/r/i");
        let enterprise = "containers.git.example.com";
        let expected = Some((enterprise.to_owned(), Need::IfThere));
        assert_eq!(login_at(&[repo], enterprise), expected);
    }

    #[test]
    fn without_a_token_or_a_user_there_is_no_login() {
        assert_eq!(login_at(&[("GITHUB_TOKEN", "")], "ghcr.io"), None);
        assert_eq!(login_at(&[("GITHUB_ACTOR", "")], "ghcr.io"), None);
    }
}
