//! What Artifactory and Quay are sent, and what is stored of their answers.

use std::fs;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::job::{Job, id_token, jwt};
use crate::support::job::text;
use crate::support::vendor::{Answer, Network, Request};

/// The registry of a platform that lets anybody in.
fn platform(network: &Network, host: &'static str, token: String, lasts: Option<u64>) {
    network.answer(host, move |request: &Request| match request.line() {
        ("POST", "/access/api/v1/oidc/token") => {
            assert_eq!(
                request.json(),
                json!({
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                    "subject_token": id_token_of(request),
                    "provider_name": "gitlab",
                    "project_key": "shop",
                })
            );
            Answer::new(200).json(&json!({
                "access_token": token,
                "expires_in": lasts,
                "scope": "applied-permissions/user",
                "token_type": "Bearer",
            }))
        }
        ("GET", "/v2/") if request.basic() == Some(("ci".to_owned(), token.clone())) => {
            Answer::new(200)
                .header("Docker-Distribution-Api-Version", "registry/2.0")
                .json(&json!({}))
        }
        ("GET", "/v2/") => Answer::error(401, "UNAUTHORIZED")
            .header("WWW-Authenticate", "Basic realm=\"Artifactory Realm\""),
        _ => Answer::new(404),
    });
}

/// The ID token that was sent, which is checked by its audience.
fn id_token_of(request: &Request) -> String {
    let sent = request.json()["subject_token"].as_str().unwrap().to_owned();
    assert!(sent.starts_with("eyJhbGciOiJub25lIn0."));
    sent
}

const ACCESS: &str = "POST acme.jfrog.io/access/api/v1/oidc/token 200";

#[test]
fn login_to_artifactory_by_a_provider_of_the_platform() {
    let access = jwt(&json!({"sub": "jfac@01/users/ci"}));
    let url = |url: &'static str| ("JF_URL", url);
    let named = ("DOCKSIDE_ARTIFACTORY_REGISTRY", "acme-docker.jfrog.io");
    for (registry, variables) in [
        ("acme.jfrog.io", vec![]),
        ("acme.jfrog.io", vec![url("https://acme.jfrog.io/ui/")]),
        (
            "acme-docker.jfrog.io",
            vec![url("https://acme.jfrog.io"), named],
        ),
    ] {
        let network = Network::start();
        platform(&network, "acme.jfrog.io", access.clone(), Some(3600));
        platform(&network, "acme-docker.jfrog.io", access.clone(), Some(3600));
        let token = id_token("jfrog");
        let mut job = Job::new(&[
            ("JF_OIDC_PROVIDER_NAME", "gitlab"),
            ("JF_OIDC_AUDIENCE", "jfrog"),
            ("JF_PROJECT", "shop"),
            ("MY_TOKEN", &token),
        ])
        .with(network.environment());
        let variables = variables.into_iter();
        job.variables
            .extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        job.ci_env(&["--repo", &format!("{registry}/docker/app")]);
        assert_eq!(
            network.seen(),
            [
                ACCESS.to_owned(),
                format!("GET {registry}/v2/ 401"),
                format!("GET {registry}/v2/ 200"),
            ]
        );
        assert_eq!(job.config(), json!({"credHelpers": {registry: "dockside"}}));
    }
}

#[test]
fn another_platforms_registry_gets_nothing() {
    let network = Network::start();
    let token = id_token("jfrog");
    let job = Job::new(&[
        ("JF_OIDC_PROVIDER_NAME", "gitlab"),
        ("JF_OIDC_AUDIENCE", "jfrog"),
        ("JF_URL", "https://acme.jfrog.io"),
        ("MY_TOKEN", &token),
    ])
    .with(network.environment());
    for registry in ["evil.jfrog.io", "acme-evil.jfrog.io"] {
        let output = job.run(&["ci-env", "--oidc", "--login", registry]);
        assert_eq!(output.status.code(), Some(4));
        assert_eq!(
            text(&output.stderr),
            format!(
                "dockside: error: there is no identity to log in to {registry} with: the host does \
                 not tell that it belongs to the platform at JF_URL\n\
                 dockside: hint: set DOCKSIDE_ARTIFACTORY_REGISTRY to the registry's host if it \
                 belongs to the platform at JF_URL, or JF_URL to the address of the one that it \
                 belongs to\n"
            )
        );
        // Nor where nobody says `--oidc`.
        let output = job.run(&["ci-env", "gitlab", "--login", registry]);
        assert_ne!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    assert_eq!(network.seen(), [""; 0]);
}

#[test]
fn a_login_to_artifactory_ends_with_its_token() {
    let end = Timestamp::now().as_second() + 7200;
    let network = Network::start();
    let access = jwt(&json!({"sub": "jfac@01/users/ci", "exp": end}));
    platform(&network, "acme.jfrog.io", access, None);
    let token = id_token("jfrog");
    let job = Job::new(&[
        ("JF_OIDC_PROVIDER_NAME", "gitlab"),
        ("JF_OIDC_AUDIENCE", "jfrog"),
        ("JF_PROJECT", "shop"),
        ("MY_TOKEN", &token),
    ])
    .with(network.environment());
    job.ci_env(&["--login", "acme.jfrog.io"]);
    let record = fs::read(job.record("acme.jfrog.io")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["expires"], json!(end * 1000));
}

#[test]
fn login_to_quay_by_a_robots_federation() {
    let network = Network::start();
    let token = id_token("quay");
    let password = "robot-password";
    network.answer("quay.io", {
        let robot = ("acme+ci".to_owned(), token.clone());
        move |request: &Request| match request.line() {
            ("GET", "/oauth2/federation/robot/token") => {
                assert_eq!(request.basic(), Some(robot.clone()));
                Answer::new(200).json(&json!({"token": password}))
            }
            ("GET", "/v2/auth") => {
                assert_eq!(
                    request.basic(),
                    Some(("acme+ci".to_owned(), password.to_owned()))
                );
                Answer::new(200).json(&json!({"token": "t"}))
            }
            _ => Answer::error(401, "UNAUTHORIZED")
                .header(
                    "WWW-Authenticate",
                    "Bearer realm=\"https://quay.io/v2/auth\",service=\"quay.io\"",
                )
                .header("Docker-Distribution-Api-Version", "registry/2.0"),
        }
    });
    let job = Job::new(&[
        ("DOCKSIDE_QUAY_ROBOT", "acme+ci"),
        ("DOCKSIDE_QUAY_AUDIENCE", "quay"),
        ("MY_TOKEN", &token),
    ])
    .with(network.environment());
    job.ci_env(&["--repo", "quay.io/acme/app"]);
    assert_eq!(
        network.seen(),
        [
            "GET quay.io/oauth2/federation/robot/token 200",
            "GET quay.io/v2/ 401",
            "GET quay.io/v2/auth?service=quay.io&account=acme%2Bci&client_id=dockside\
             &offline_token=true 200",
        ]
    );
    assert_eq!(
        job.config(),
        json!({"credHelpers": {"quay.io": "dockside"}})
    );
    assert!(job.is_only_in_record("quay.io", password));
}

#[test]
fn an_answer_without_a_token_is_an_error() {
    for body in ["", "{}", "[]", "{\"token\": \"\"}", "{\"token\": \"a b\"}"] {
        let network = Network::start();
        network.answer("quay.io", move |_: &Request| Answer::new(200).body(body));
        let token = id_token("quay");
        let job = Job::new(&[
            ("DOCKSIDE_QUAY_ROBOT", "acme+ci"),
            ("DOCKSIDE_ID_TOKEN", &token),
        ])
        .with(network.environment());
        let output = job.run(&["ci-env", "--repo", "quay.io/acme/app"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(
            network.seen(),
            ["GET quay.io/oauth2/federation/robot/token 200"]
        );
    }
}
