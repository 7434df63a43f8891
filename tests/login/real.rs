//! Debian's registry, with every kind of login that it knows.

use dockside::auth::{IDENTITY_TOKEN_USER, Scheme, Verified, verify_all};
use dockside::error::{Exit, Explain};
use dockside::http::Host;
use dockside::http::trust::Trust;

use super::{BUDGET, ONCE, PASSWORD, USER, accepted, credential, patient, shown, verify};
use crate::support::certificates::Authority;
use crate::support::http::{HttpServer, Received, Reply};
use crate::support::installed;
use crate::support::registry::{Options, PROGRAM, Registry};
use crate::support::token_server::{IDENTITY_TOKEN, SERVICE, TokenServer};

#[test]
fn a_registry_that_asks_for_nothing() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let result = verify(&patient(), credential(registry.host(), PASSWORD), BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::None));
    assert_eq!(registry.requests(1), ["GET /v2/ 200"]);
}

#[test]
fn htpasswd() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let registry = Options::default().htpasswd(USER, PASSWORD).start();
    let right = credential(registry.host(), PASSWORD);
    let mut known = right.clone();
    known.scheme = Some(Scheme::Basic);
    let mut known_wrong = credential(registry.host(), "wrong");
    known_wrong.scheme = Some(Scheme::Basic);

    let result = verify(&patient(), right, BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(registry.requests(2), ["GET /v2/ 401", "GET /v2/ 200"]);

    let result = verify(&patient(), known, BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(registry.requests(3)[2..], ["GET /v2/ 200"]);

    let result = verify(&patient(), credential(registry.host(), "wrong"), BUDGET);
    assert_eq!(result.as_ref().unwrap_err().exit(), Exit::NotAuthorised);
    let (message, _) = shown(result);
    let host = registry.host();
    assert_eq!(
        message,
        format!(
            "{host} refused the password of user \"robot$ci\" (status 401): \
             authentication required"
        )
    );
    assert_eq!(registry.requests(5)[3..], ["GET /v2/ 401", "GET /v2/ 401"]);

    let result = verify(&patient(), known_wrong, BUDGET);
    assert_eq!(result.unwrap_err().exit(), Exit::NotAuthorised);
    assert_eq!(registry.requests(6)[5..], ["GET /v2/ 401"]);
}

#[test]
fn tokens() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start(USER, PASSWORD);
    let registry = Options::default().token(&service).start();
    let right = credential(registry.host(), PASSWORD);

    let result = verify(&patient(), right.clone(), BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
    assert_eq!(registry.requests(1), ["GET /v2/ 401"]);
    let requests = service.server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].basic(), Some((USER.into(), PASSWORD.into())));
    let asked = |name: &str| requests[0].parameter(name);
    assert_eq!(asked("service").as_deref(), Some(SERVICE));
    assert_eq!(asked("account").as_deref(), Some(USER));
    assert_eq!(asked("client_id").as_deref(), Some("dockside"));
    assert_eq!(asked("offline_token").as_deref(), Some("true"));
    assert_eq!(asked("scope"), None);

    service.expire();
    let result = verify(&patient(), right, BUDGET);
    assert_eq!(result.as_ref().unwrap_err().exit(), Exit::NotAuthorised);
    let (message, _) = shown(result);
    let host = registry.host();
    assert_eq!(
        message,
        format!("{host} refused the password of user \"robot$ci\" (status 401): wrong password")
    );
    assert_eq!(service.server.requests().len(), 2);
}

/// The test service's tokens are what the registry wants, as any other client can see.
#[test]
fn the_registry_takes_the_services_tokens() {
    if !installed(PROGRAM) || !installed("skopeo") {
        return;
    }
    let service = TokenServer::start("ci", "secret");
    let registry = Options::default().token(&service).start();
    let home = tempfile::tempdir().unwrap();
    let mut skopeo = std::process::Command::new("skopeo");
    crate::support::isolate(&mut skopeo, home.path());
    let status = skopeo
        .args(["login", "--tls-verify=false", "-u", "ci", "-p", "secret"])
        .args(["--authfile".into(), home.path().join("auth.json")])
        .arg(registry.host())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert!(registry.requests(2).contains(&"GET /v2/ 200".to_owned()));
}

#[test]
fn identity_tokens() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start(USER, PASSWORD);
    service.give_identity_tokens();
    let registry = Options::default().token(&service).start();

    let result = verify(&patient(), credential(registry.host(), PASSWORD), BUDGET);
    let given = Verified {
        scheme: Scheme::Bearer,
        identity_token: Some(IDENTITY_TOKEN.into()),
    };
    assert_eq!(result.unwrap(), given);

    let mut identity = credential(registry.host(), IDENTITY_TOKEN);
    identity.username = IDENTITY_TOKEN_USER.to_owned();
    let result = verify(&patient(), identity.clone(), BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
    let requests = service.server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].method, "POST");
    assert_eq!(requests[1].header("authorization"), None);

    service.expire();
    let result = verify(&patient(), identity, BUDGET);
    assert_eq!(result.unwrap_err().exit(), Exit::NotAuthorised);
}

/// A service that has no OAuth2 form gets the identity token the other way.
#[test]
fn identity_tokens_without_oauth2() {
    for status in [404, 405] {
        let server = HttpServer::start(None, move |request: &Received| {
            let host = request.header("host").unwrap();
            if request.path == "/v2/" {
                let challenge = format!("Bearer realm=\"http://{host}/token\"");
                return Reply::new(401).header("www-authenticate", challenge).into();
            }
            let known = (IDENTITY_TOKEN_USER.to_owned(), IDENTITY_TOKEN.to_owned());
            match request.basic() == Some(known) {
                true => Reply::new(200).body(r#"{"token":"t"}"#).into(),
                false => Reply::new(status).into(),
            }
        });
        let mut identity = credential(server.host(), IDENTITY_TOKEN);
        identity.username = IDENTITY_TOKEN_USER.to_owned();
        let result = verify(&patient(), identity, ONCE);
        assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
        assert_eq!(server.seen(), ["GET /v2/", "POST /token", "GET /token"]);
    }
}

#[test]
fn several_at_once_in_order() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let open = Registry::open();
    let closed = Options::default().htpasswd(USER, PASSWORD).start();
    let credentials = [
        credential(closed.host(), "wrong"),
        credential(open.host(), PASSWORD),
        credential(closed.host(), PASSWORD),
        credential("not a registry", PASSWORD),
    ];
    let results = verify_all(&patient(), &credentials.map(|one| (one, BUDGET))).unwrap();
    let outcomes: Vec<_> = results
        .into_iter()
        .map(|result| {
            result
                .map(|verified| verified.scheme)
                .map_err(|error| error.exit())
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            Err(Exit::NotAuthorised),
            Ok(Scheme::None),
            Ok(Scheme::Basic),
            Err(Exit::Usage),
        ]
    );
}

#[test]
fn tls_of_an_insecure_registry() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let identity = Authority::new().issue(&["registry.example.com"]);
    let registry = Options::default()
        .htpasswd(USER, PASSWORD)
        .tls(&identity)
        .start();
    let host = Host::parse(registry.host()).unwrap();
    let result = verify(
        &patient().insecure(vec![host]),
        credential(registry.host(), PASSWORD),
        BUDGET,
    );
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(registry.requests(2), ["GET /v2/ 401", "GET /v2/ 200"]);

    // An authority of another name, and another one of the same name.
    for (name, reason) in [
        ("another authority", "its issuer is not known here"),
        (
            Authority::NAME,
            "the issuer that is known here by that name did not sign it",
        ),
    ] {
        let store = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(store.path(), Authority::named(name).pem()).unwrap();
        let strict = patient().trusting(Trust {
            file: Some(store.path().to_owned()),
            ..Trust::default()
        });
        let (message, hint) = shown(verify(
            &strict,
            credential(registry.host(), PASSWORD),
            BUDGET,
        ));
        let host = registry.host();
        assert_eq!(
            message,
            format!(
                "cannot log in to {host}: GET https://{host}/v2/ failed: \
                 the certificate of {host} is not trusted: {reason}"
            )
        );
        assert_eq!(
            hint,
            format!(
                "put the certificate of its issuer into /etc/docker/certs.d/{host}/ca.crt, \
                 or let SSL_CERT_FILE name a bundle that holds it"
            )
        );
    }
}
