//! Logins in the docker config.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::inventory::mark;

/// A registry, the user there, and the hosts that may see the password.
pub const LOGINS: &[(&str, &str, &[&str])] = &[
    (
        "docker.io",
        "acme",
        &["registry-1.docker.io", "auth.docker.io", "hub.docker.com"],
    ),
    ("ghcr.io", "acme", &["ghcr.io", "api.github.com"]),
    ("quay.io", "$oauthtoken", &["quay.io"]),
    (
        "registry.gitlab.com",
        "acme",
        &["registry.gitlab.com", "gitlab.com"],
    ),
    ("acme.azurecr.io", "acme", &["acme.azurecr.io"]),
    (
        "europe-docker.pkg.dev",
        "oauth2accesstoken",
        &["europe-docker.pkg.dev", "artifactregistry.googleapis.com"],
    ),
    (
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "AWS",
        &["123456789012.dkr.ecr.eu-central-1.amazonaws.com"],
    ),
    ("acme.jfrog.io", "acme", &["acme.jfrog.io"]),
    ("harbor.example.com", "acme", &["harbor.example.com"]),
    ("nexus.example.com", "acme", &["nexus.example.com"]),
    ("hostile.example.com", "acme", &["hostile.example.com"]),
    ("other.example.com", "acme", &["other.example.com"]),
];

/// A docker config with all of them.
pub fn config() -> String {
    let auths = LOGINS.iter().map(|(registry, user, _)| {
        let key = match *registry {
            "docker.io" => "https://index.docker.io/v1/",
            other => other,
        };
        let pair = BASE64_STANDARD.encode(format!("{user}:{}", mark(registry)));
        (key.to_owned(), json!({"auth": pair}))
    });
    let auths: serde_json::Map<_, _> = auths.collect();
    json!({"auths": auths}).to_string()
}
