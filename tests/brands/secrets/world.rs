//! The world: hosts that let everybody in, and tell who was there.

use std::collections::BTreeSet;

use serde_json::json;

use super::inventory::SECRETS;
use super::logins::LOGINS;
use crate::support::vendor::{Answer, Network, Request, Rules, Store, v2};

/// The token service of a registry: the brand that it shows, its path, and the service.
pub type Mask = (&'static str, &'static str, &'static str);

/// The one of a registry that shows no brand.
const PLAIN: Mask = ("default", "/token", "registry");

/// An ID token that a CI system gives: `e30` is no header, but nobody looks at it.
const ID_TOKEN: &str = "e30.e30.c2ln";

/// How a registry shows that it is of a brand: a header, or the path and service of its tokens.
pub const MASKS: &[Mask] = &[
    ("harbor", "/service/token", "harbor-registry"),
    ("gitlab", "/jwt/auth", "container_registry"),
    ("gitea", "/v2/token", "container_registry"),
    ("quay", "/v2/auth", "hostile.example.com"),
    ("acr", "/oauth2/token", "hostile.example.com"),
    (
        "artifactory",
        "/artifactory/api/docker/local/v2/token",
        "hostile.example.com",
    ),
    ("nexus", "/v2/token", "nexus"),
    ("github", "/token", "ghcr.io"),
    ("dockerhub", "/token", "registry.docker.io"),
    ("gcr", "/v2/token", "gcr.io"),
];

/// Any host: a registry that wants tokens of its own and has `acme/app:v1`, and a service that
/// gives tokens for anything. It knows nothing else.
pub fn host(mask: Mask) -> impl FnMut(&Request) -> Answer {
    let (brand, path, service) = mask;
    let mut store = Store::new();
    store.push_image("acme/app", Some("v1"), "words");
    move |request: &Request| {
        let is_hub = request.host == "hub.docker.com";
        let gives = |end| request.path.ends_with(end);
        if request.path == path || ["/token", "/exchange", "/creds"].into_iter().any(gives) {
            return Answer::new(200).json(&json!({
                "token": "a-token", "access_token": "a-token", "refresh_token": "a-token",
                "value": ID_TOKEN, "oidcToken": ID_TOKEN, "expires_in": 3600,
            }));
        }
        if !request.path.starts_with("/v2/") || is_hub {
            return Answer::error(404, "NAME_UNKNOWN");
        }
        if request.bearer().is_some_and(|token| token == "a-token") {
            let answer = v2(request, &mut store, &Rules::default());
            return answer.unwrap_or_else(|| Answer::error(404, "NAME_UNKNOWN"));
        }
        let realm = format!("{}{path}", request.origin());
        let challenge = format!("Bearer realm=\"{realm}\",service=\"{service}\"");
        let server = if brand == "nexus" {
            "Nexus/3.94.0-12 (OSS)"
        } else {
            "nginx"
        };
        Answer::error(401, "UNAUTHORIZED")
            .header("WWW-Authenticate", challenge)
            .header("Server", server)
    }
}

/// All hosts.
pub fn network() -> Network {
    let network = Network::start();
    let of_logins = LOGINS.iter().flat_map(|(_, _, hosts)| hosts.iter());
    let of_secrets = SECRETS.iter().flat_map(|secret| secret.hosts);
    let hosts: BTreeSet<_> = of_logins.chain(of_secrets).collect();
    for name in hosts {
        let shows = |mask: &&Mask| name.starts_with(&format!("{}.", mask.0));
        network.answer(name, host(*MASKS.iter().find(shows).unwrap_or(&PLAIN)));
    }
    network
}
