//! Faults of logins and of what they may do.

use serde_json::json;

use super::office::{OPEN, Office, READER, WRITER, at, of};
use super::{Machine, assert_diagnoses};
use crate::support::answer::Answer;
use crate::support::brands::jwt;
use crate::support::http::{HttpServer, Reply, Step};
use crate::support::scripted_registry::{Auth, Behaviour, ScriptedRegistry};
use crate::support::vendor::Network;

const USER: (&str, &str) = ("user", "secret");

const FAR: &str = "registry.example.com";
const APP: &str = "registry.example.com/acme/app";

#[test]
fn faults() {
    assert_diagnoses(
        "access",
        &[
            ("a wrong password", || {
                let network = OPEN.open(FAR);
                at(&network, FAR, ("user", "wrong"), &[APP])
            }),
            ("a wrong password, sent with each request", || {
                let registry = ScriptedRegistry::start(Behaviour {
                    auth: Auth::Basic {
                        username: USER.0,
                        password: USER.1,
                    },
                    ..Behaviour::default()
                });
                let machine = Machine::new().login(&registry.host(), USER.0, "wrong");
                let machine = machine.naming(&registry.host(), "{registry}");
                machine.doctor(&[&format!("{}/acme/app", registry.host())])
            }),
            ("nobody, where a login is needed", || {
                let network = OPEN.open(FAR);
                Machine::new().also(network.environment()).doctor(&[APP])
            }),
            ("a read-only login", || of(READER, FAR, &[], &[APP])),
            ("a read-only login, for a job that pushes", || {
                of(READER, FAR, &[], &[APP, "--for", "push"])
            }),
            ("a login that may not delete, for a job that does", || {
                of(WRITER, FAR, &[], &[APP, "--for", "delete"])
            }),
            ("a login that may not even read", || {
                of(
                    Office {
                        grants: &[],
                        ..OPEN
                    },
                    FAR,
                    &[],
                    &[APP],
                )
            }),
            ("no such repository", || {
                of(OPEN, FAR, &[], &["registry.example.com/acme/none"])
            }),
            ("no such tag, for a job that pulls", || {
                of(
                    OPEN,
                    FAR,
                    &[],
                    &["registry.example.com/acme/app:v2", "--for", "pull"],
                )
            }),
            ("the robot of Harbor, eaten by a shell", || {
                let network = OPEN.open(FAR);
                at(&network, FAR, ("robot", "robot-secret"), &[APP])
            }),
            ("an empty password", || {
                at(&OPEN.open(FAR), FAR, ("user", ""), &[FAR])
            }),
            ("a line end in the password", || {
                at(&OPEN.open(FAR), FAR, ("user", "secret\n"), &[FAR])
            }),
            ("a token that has ended", || {
                let token = jwt::token(json!({}), 0);
                let token = token.replace(&jwt_claims(&token), &claims(1_577_836_800));
                at(&OPEN.open(FAR), FAR, ("user", &token), &[FAR])
            }),
            ("the token service fails", || {
                let network = OPEN.open(FAR);
                let fault = crate::support::vendor::Fault::status(500, &[]);
                network.fault_always("/token", fault);
                at(&network, FAR, USER, &[APP])
            }),
            ("the token service is in plain HTTP", || {
                let network = Network::start();
                network.answer(FAR, |_| {
                    let realm = "Bearer realm=\"http://tokens.example.com/\",service=\"x\"";
                    Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", realm)
                });
                at(&network, FAR, USER, &[APP])
            }),
            ("the registry lets in, and fails", || {
                let network = OPEN.open(FAR);
                let fault = crate::support::vendor::Fault::status(500, &[]);
                network.fault_always("/tags/list", fault);
                at(&network, FAR, USER, &[APP])
            }),
        ],
    );
}

fn jwt_claims(token: &str) -> String {
    token.split('.').nth(1).unwrap().to_owned()
}

/// The claims of a token that ended at this time.
fn claims(end: u64) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    BASE64_URL_SAFE_NO_PAD.encode(json!({"iat": end - 300, "exp": end}).to_string())
}

/// A server that takes every login, and says nothing of itself.
#[test]
fn a_registry_that_stalls_is_waited_for_once() {
    let server = HttpServer::start(None, |request| match request.path.as_str() {
        "/v2/" => Reply::new(200)
            .header("docker-distribution-api-version", "registry/2.0")
            .into(),
        _ => Step::Stall,
    });
    let machine = Machine::new().naming(&server.host(), "{registry}");
    let said = machine.doctor(&["--timeout", "1s", &format!("{}/acme/app", server.host())]);
    assert!(
        said.starts_with("{registry}/acme/app\n  problem  repository "),
        "{said}"
    );
    assert_eq!(said.matches("problem").count(), 1, "{said}");
}
