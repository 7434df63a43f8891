//! Secrets of one brand never reach another host: every brand's secrets are there, every host
//! answers and asks for a login, and one of them says that it is of each brand.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::run;
use crate::support::vendor::{Answer, Network, Request, Seen};

/// A registry, the user there, and the hosts that may see the password.
const LOGINS: &[(&str, &str, &[&str])] = &[
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
];

/// A variable with a secret, and the hosts that may see it.
const VARIABLES: &[(&str, &[&str])] = &[
    ("WERF_REPO_DOCKER_HUB_PASSWORD", &["hub.docker.com"]),
    ("WERF_REPO_GITHUB_TOKEN", &["api.github.com"]),
    ("WERF_REPO_QUAY_TOKEN", &["quay.io"]),
    ("WERF_REPO_HARBOR_PASSWORD", &["harbor.example.com"]),
    ("GITHUB_TOKEN", &["api.github.com", "ghcr.io"]),
    ("CI_JOB_TOKEN", &["gitlab.com", "registry.gitlab.com"]),
    ("AWS_SECRET_ACCESS_KEY", &[]),
    ("AWS_SESSION_TOKEN", AWS),
    ("AZURE_CLIENT_SECRET", &["login.microsoftonline.com"]),
];

const AWS: &[&str] = &[
    "api.ecr.eu-central-1.amazonaws.com",
    "sts.eu-central-1.amazonaws.com",
];

/// How a registry shows that it is of a brand: a header, or the path and service of its tokens.
const MASKS: &[(&str, &str, &str)] = &[
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

/// The secret of a variable or of a registry.
fn secret(of: &str) -> String {
    format!(
        "secret-of-{}-0123456789",
        of.to_lowercase().replace(['.', '_'], "-")
    )
}

/// Any host: it wants tokens of its own, has no tags, and knows nothing else.
fn host(mask: (&'static str, &'static str, &'static str)) -> impl FnMut(&Request) -> Answer {
    let (brand, path, service) = mask;
    move |request: &Request| {
        if request.path == path || request.path == "/oauth2/exchange" {
            let token =
                json!({"token": "a-token", "access_token": "a-token", "refresh_token": "a"});
            return Answer::new(200).json(&token);
        }
        let known = request.bearer().is_some_and(|token| token == "a-token");
        if request.path.starts_with("/v2/") && !known {
            let realm = format!("{}{path}", request.origin());
            let challenge = format!("Bearer realm=\"{realm}\",service=\"{service}\"");
            let server = if brand == "nexus" {
                "Nexus/3.94.0-12 (OSS)"
            } else {
                "nginx"
            };
            return Answer::error(401, "UNAUTHORIZED")
                .header("WWW-Authenticate", challenge)
                .header("Server", server);
        }
        Answer::error(404, "NAME_UNKNOWN")
    }
}

fn network() -> Network {
    let network = Network::start();
    let plain = ("default", "/token", "registry");
    let hosts = LOGINS.iter().flat_map(|(_, _, hosts)| hosts.iter());
    let variables = VARIABLES.iter().flat_map(|(_, hosts)| hosts.iter());
    for name in hosts.chain(variables) {
        network.answer(name, host(plain));
    }
    network
}

/// Every way in which a secret can be in a request.
fn forms(user: &str, secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![
        secret.to_owned(),
        encoded,
        BASE64_STANDARD.encode(secret),
        BASE64_STANDARD.encode(format!("{user}:{secret}")),
    ]
}

/// Where a secret was seen, apart from where it may be.
fn strayed(seen: &[Seen], forms: &[String], allowed: &[&str]) -> Vec<String> {
    let holds = |one: &&Seen| {
        let headers: String = one.headers.iter().map(|(_, v)| format!("{v}\n")).collect();
        // Of Basic credentials, whatever the user's name is.
        let basic = one
            .basic()
            .map(|(user, password)| format!("{user}\n{password}"));
        let body = String::from_utf8_lossy(&one.body);
        let text = format!(
            "{}\n{headers}\n{body}\n{}",
            one.target,
            basic.unwrap_or_default()
        );
        forms.iter().any(|form| text.contains(form.as_str()))
    };
    let stray = seen
        .iter()
        .filter(|one| !allowed.contains(&one.host.as_str()));
    stray.filter(holds).map(ToString::to_string).collect()
}

/// Runs every command that speaks to registries, on a repository.
fn everything(network: &Network, repository: &str, more: &[(&str, &str)]) -> usize {
    let home = tempfile::tempdir().unwrap();
    let auths: serde_json::Map<String, serde_json::Value> = LOGINS
        .iter()
        .map(|(registry, user, _)| {
            let key = if *registry == "docker.io" {
                "https://index.docker.io/v1/"
            } else {
                registry
            };
            let pair = BASE64_STANDARD.encode(format!("{user}:{}", secret(registry)));
            (key.to_owned(), json!({"auth": pair}))
        })
        .collect();
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    let config = json!({"auths": auths}).to_string();
    std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let mut environment = network.environment();
    environment.extend(
        VARIABLES
            .iter()
            .map(|(name, _)| ((*name).to_owned(), secret(name))),
    );
    for (name, value) in [
        ("WERF_REPO_DOCKER_HUB_USERNAME", "acme"),
        ("WERF_REPO_HARBOR_USERNAME", "acme"),
        ("WERF_REPO", "harbor.example.com/acme/app"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_REGION", "eu-central-1"),
        ("AZURE_CLIENT_ID", "11111111-1111-1111-1111-111111111111"),
        ("AZURE_TENANT_ID", "22222222-2222-2222-2222-222222222222"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("CI_SERVER_URL", "https://gitlab.com"),
        ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in more {
        environment.push(((*name).to_owned(), (*value).to_owned()));
    }
    let before = network.requests().len();
    let (tag, layout) = (format!("{repository}:v1"), home.path().join("layout"));
    let layout = format!("oci:{}", layout.display());
    for words in [
        vec!["tags", "--long", repository],
        vec!["untag", &tag],
        vec!["delete", &tag],
        vec!["inspect", &tag],
        vec!["pull", &tag, &layout],
        vec!["repository", "create", repository],
        vec!["repository", "delete", "--with-images", repository],
    ] {
        let mut all = vec!["--retry-timeout", "0"];
        let place = if words[0] == "repository" { 2 } else { 1 };
        let mut words: Vec<&str> = words.clone();
        words.splice(place..place, all.drain(..));
        let (_, output, said) = run(home.path(), &environment, &words);
        for (name, _) in VARIABLES {
            assert!(
                !format!("{output}{said}").contains(&secret(name)),
                "{words:?}: {said}"
            );
        }
    }
    network.requests().len() - before
}

fn check(seen: &[Seen]) {
    for (registry, user, allowed) in LOGINS {
        let stray = strayed(seen, &forms(user, &secret(registry)), allowed);
        assert_eq!(stray, [""; 0], "the password of {registry}");
    }
    for (name, allowed) in VARIABLES {
        let stray = strayed(seen, &forms("acme", &secret(name)), allowed);
        assert_eq!(stray, [""; 0], "{name}");
    }
}

#[test]
fn secrets_stay_with_their_brand() {
    for (registry, _, _) in LOGINS {
        let network = network();
        let repository = format!("{registry}/acme/app");
        let count = everything(&network, &repository, &[]);
        assert!(count > 0, "{registry} was asked nothing");
        check(&network.requests());
    }
}

/// What a registry says of itself brings it no secret but its own.
#[test]
fn secrets_are_not_for_whoever_claims_to_be_of_a_brand() {
    for mask in MASKS {
        let network = network();
        network.answer("hostile.example.com", host(*mask));
        let count = everything(&network, "hostile.example.com/acme/app", &[]);
        assert!(count > 0, "{mask:?}");
        check(&network.requests());
        let own = strayed(
            &network.requests(),
            &forms("acme", &secret("hostile.example.com")),
            &[],
        );
        assert!(!own.is_empty(), "{mask:?}: its own login was never used");
    }
}

/// A brand and an API that are said of `WERF_REPO` are of no other registry.
#[test]
fn what_is_said_of_one_registry_is_not_for_another() {
    for brand in ["harbor", "quay", "ecr", "github", "dockerhub", "gcr"] {
        let network = network();
        let api = "https://harbor.example.com/api";
        let said = [
            ("WERF_REPO_CONTAINER_REGISTRY", brand),
            ("DOCKSIDE_REPO_API", api),
        ];
        for (registry, _, _) in LOGINS {
            if *registry != "harbor.example.com" {
                everything(&network, &format!("{registry}/acme/app"), &said);
            }
        }
        check(&network.requests());
        let seen = network.requests();
        let stray = seen.iter().filter(|one| one.host == "harbor.example.com");
        assert_eq!(stray.count(), 0, "{brand}");
    }
}
