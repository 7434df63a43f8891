//! Trust, proxies, and where credentials must not go.

use std::path::Path;

use dockside::auth::Scheme;
use dockside::env::Env;
use dockside::http::trust::Trust;
use dockside::http::{Host, Http};

use super::{BUDGET, ONCE, PASSWORD, USER, accepted, credential, patient, shown, verify};
use crate::support::certificates::Authority;
use crate::support::client::NOBODY;
use crate::support::http::{HttpServer, Received, Reply, Step};
use crate::support::installed;
use crate::support::proxy::Proxy;
use crate::support::registry::{Options, PROGRAM};

const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "registry.example.com"];

fn env(pairs: &[(&str, &str)]) -> Env {
    pairs.iter().copied().collect()
}

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Wants Basic credentials, and takes all that are right.
fn basic(request: &Received) -> Step {
    match request.basic() == Some((USER.to_owned(), PASSWORD.to_owned())) {
        true => Reply::new(200).into(),
        false => Reply::new(401)
            .header("www-authenticate", "Basic realm=\"r\"")
            .into(),
    }
}

#[test]
fn a_private_authority_by_variable() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let authority = Authority::new();
    let identity = authority.issue(&NAMES);
    let registry = Options::default()
        .htpasswd(USER, PASSWORD)
        .tls(&identity)
        .start();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("store/ca.pem");
    write(&file, authority.pem());
    let store = home.path().join("store");
    for (variable, value) in [("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &store)] {
        let http = Http::from_env(&env(&[(variable, value.to_str().unwrap())]));
        let result = verify(&http, credential(registry.host(), PASSWORD), BUDGET);
        assert_eq!(result.unwrap(), accepted(Scheme::Basic), "{variable}");
    }
}

#[test]
fn a_private_authority_by_docker_s_directory() {
    let authority = Authority::new();
    let server = HttpServer::start(
        Some(authority.issue(&NAMES).server(Some(&authority))),
        basic,
    );
    let client = authority.issue(&["client.example.com"]);
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("docker/certs.d").join(server.host());
    write(&directory.join("ca.crt"), authority.pem());
    write(&directory.join("client.cert"), &client.certificate);
    write(&directory.join("client.key"), &client.key);
    let config = home.path().to_str().unwrap();
    let http = Http::from_env(&env(&[("XDG_CONFIG_HOME", config)]));
    let result = verify(&http, credential(server.host(), PASSWORD), BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(server.seen(), ["GET /v2/", "GET /v2/"]);

    std::fs::write(directory.join("ca.crt"), "not a certificate").unwrap();
    let http = Http::from_env(&env(&[("XDG_CONFIG_HOME", config)]));
    let (message, hint) = shown(verify(&http, credential(server.host(), PASSWORD), BUDGET));
    let (host, file) = (server.host(), directory.join("ca.crt"));
    assert_eq!(
        message,
        format!(
            "cannot log in to {host}: GET https://{host}/v2/ failed: \
             certificate file {}: no certificate in it",
            file.display()
        )
    );
    assert_eq!(
        hint,
        "replace the file by a certificate in PEM form, or remove it"
    );
}

/// What `certs.d` says about a registry counts for its token service too.
#[test]
fn a_token_service_of_the_same_authority() {
    let authority = Authority::new();
    let service = HttpServer::start(Some(authority.issue(&NAMES).server(None)), |_| {
        Reply::new(200).body(r#"{"access_token":"t"}"#).into()
    });
    let realm = format!("https://{}/token", service.other_host());
    let server = HttpServer::start(Some(authority.issue(&NAMES).server(None)), move |_| {
        let challenge = format!("Bearer realm=\"{realm}\"");
        Reply::new(401).header("www-authenticate", challenge).into()
    });
    let home = tempfile::tempdir().unwrap();
    write(
        &home.path().join(server.host()).join("ca.crt"),
        authority.pem(),
    );
    let http = patient().trusting(Trust {
        certs_d: vec![home.path().to_owned()],
        ..Trust::default()
    });
    let result = verify(&http, credential(server.host(), PASSWORD), BUDGET);
    assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
}

/// The token service of an insecure registry may have a certificate that nobody believes too,
/// as it may in docker.
#[test]
fn a_token_service_of_an_insecure_registry() {
    let authority = Authority::new();
    let service = HttpServer::start(Some(authority.issue(&NAMES).server(None)), |_| {
        Reply::new(200).body(r#"{"token":"t"}"#).into()
    });
    let realm = format!("https://{}/token", service.other_host());
    let server = HttpServer::start(Some(authority.issue(&NAMES).server(None)), move |_| {
        let challenge = format!("Bearer realm=\"{realm}\"");
        Reply::new(401).header("www-authenticate", challenge).into()
    });
    let http = patient().insecure(vec![Host::parse(&server.host()).unwrap()]);
    let result = verify(&http, credential(server.host(), PASSWORD), ONCE);
    assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
}

#[test]
fn certificates_that_are_wrong_are_not_retried() {
    let authority = Authority::new();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    write(&file, authority.pem());
    let http = Http::from_env(&env(&[("SSL_CERT_FILE", file.to_str().unwrap())]));
    for (identity, reason) in [
        (authority.issue_until(&NAMES, 2020), "certificate expired"),
        (
            authority.issue(&["other.example.com"]),
            "certificate not valid for name \"127.0.0.1\"",
        ),
    ] {
        let server = HttpServer::start(Some(identity.server(None)), basic);
        let (message, hint) = shown(verify(&http, credential(server.host(), PASSWORD), BUDGET));
        let host = server.host();
        let start = format!(
            "cannot log in to {host}: GET https://{host}/v2/ failed: \
             the certificate of {host} is not trusted: "
        );
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains(reason), "{message}");
        assert_eq!(
            hint,
            "check the registry's name and this machine's clock; if both are right, the \
             registry's certificate must be replaced"
        );
        assert_eq!(server.seen(), [""; 0]);
    }
}

#[test]
fn an_insecure_registry_in_plain_http() {
    let server = HttpServer::start(None, basic);
    let http = patient().insecure(vec![Host::parse(&server.host()).unwrap()]);
    let result = verify(&http, credential(server.host(), PASSWORD), ONCE);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(server.seen(), ["GET /v2/", "GET /v2/"]);
}

#[test]
fn the_proxy_is_asked() {
    let authority = Authority::new();
    let server = HttpServer::start(Some(authority.issue(&NAMES).server(None)), basic);
    let proxy = Proxy::start(server.host());
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    write(&file, authority.pem());
    let url = proxy.url();
    let pairs = [
        ("SSL_CERT_FILE", file.to_str().unwrap()),
        ("HTTPS_PROXY", &url),
        ("HTTP_PROXY", &url),
    ];
    let http = Http::from_env(&env(&pairs));
    let result = verify(&http, credential("registry.example.com", PASSWORD), ONCE);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(proxy.asked(), ["CONNECT registry.example.com:443"; 2]);

    // Never for the machine itself.
    for host in [server.host(), server.other_host()] {
        let result = verify(&http, credential(host, PASSWORD), ONCE);
        assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    }
    assert_eq!(proxy.asked().len(), 2);

    // Nor for what the user exempts: that name does not exist.
    for list in ["*.invalid, .example.org", "registry.invalid:5000"] {
        let exempt = [&pairs[..], &[("NO_PROXY", list)]].concat();
        let result = verify(
            &Http::from_env(&env(&exempt)),
            credential("registry.invalid:5000", PASSWORD),
            ONCE,
        );
        let (_, hint) = shown(result);
        assert_eq!(hint, "check the registry's name and the network");
        assert_eq!(proxy.asked().len(), 2);
    }

    // A registry in plain HTTP has a proxy of its own, which refuses here.
    let insecure = vec![Host::parse("registry.invalid").unwrap()];
    let http = Http::from_env(&env(&[("HTTP_PROXY", &url)])).insecure(insecure);
    let result = verify(&http, credential("registry.invalid", PASSWORD), ONCE);
    assert!(result.is_err());
    assert_eq!(proxy.asked()[2..], ["GET http://registry.invalid/v2/"]);
}

/// The credentials of a proxy, and those of a login, stay out of the error.
#[test]
fn a_proxy_that_does_not_answer() {
    let gone = NOBODY;
    let proxy = format!("http://user:hunter2@{gone}");
    let http = Http::from_env(&env(&[("HTTPS_PROXY", &proxy)]));
    let (message, hint) = shown(verify(
        &http,
        credential("registry.example.com", PASSWORD),
        ONCE,
    ));
    assert!(!message.contains("hunter2"), "{message}");
    assert_eq!(
        hint,
        "check the registry's name, the network and the proxy that HTTPS_PROXY names"
    );
}

/// Asking again would not help, and may lock the proxy's user out.
#[test]
fn a_proxy_that_wants_another_login_is_asked_once() {
    let server = HttpServer::start(None, |_| Reply::new(407).into());
    let proxy = format!("http://user:hunter2@{}", server.host());
    let http = Http::from_env(&env(&[("HTTPS_PROXY", &proxy)]));
    let (message, hint) = shown(verify(
        &http,
        credential("registry.example.com", PASSWORD),
        BUDGET,
    ));
    assert_eq!(
        message,
        "cannot log in to registry.example.com: GET https://registry.example.com/v2/ failed: \
         the proxy asks for a login (status 407)"
    );
    assert_eq!(
        hint,
        "check the user name and the password in HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT)"
    );
    assert_eq!(server.seen().len(), 1);
}

/// A registry that answers `/v2/` with this challenge, at a public name behind a proxy.
fn public_registry(challenge: String) -> (HttpServer, Proxy, Http) {
    let authority = Authority::new();
    let server = HttpServer::start(Some(authority.issue(&NAMES).server(None)), move |_| {
        Reply::new(401)
            .header("www-authenticate", challenge.clone())
            .into()
    });
    let proxy = Proxy::start(server.host());
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    write(&file, authority.pem());
    let http = Http::from_env(&env(&[
        ("SSL_CERT_FILE", file.to_str().unwrap()),
        ("HTTPS_PROXY", &proxy.url()),
    ]));
    // The store is read with the first request.
    let result = verify(&http, credential("registry.example.com", PASSWORD), ONCE);
    assert!(result.is_err());
    (server, proxy, http)
}

#[test]
fn a_realm_in_plain_http_gets_nothing() {
    let service = HttpServer::start(None, |_| Reply::new(200).body("{\"token\":\"t\"}").into());
    for realm in [
        format!("{}/token", service.url()),
        "http://auth.example.com/token".to_owned(),
        "ftp://auth.example.com/token".to_owned(),
    ] {
        let (_server, _proxy, http) = public_registry(format!("Bearer realm=\"{realm}\""));
        let (message, _) = shown(verify(
            &http,
            credential("registry.example.com", PASSWORD),
            ONCE,
        ));
        assert_eq!(
            message,
            format!(
                "registry.example.com names the token service \"{realm}\", \
                 where the credentials would travel in clear text"
            )
        );
    }
    assert_eq!(service.seen(), [""; 0]);

    // Nor does a loopback registry send them to another machine.
    let server = HttpServer::start(None, |_| {
        Reply::new(401)
            .header(
                "www-authenticate",
                "Bearer realm=\"http://192.0.2.1/token\"",
            )
            .into()
    });
    let (message, _) = shown(verify(
        &patient(),
        credential(server.host(), PASSWORD),
        ONCE,
    ));
    assert!(message.contains("clear text"), "{message}");
}

#[test]
fn credentials_do_not_follow_redirects_to_another_host() {
    let thief = HttpServer::start(None, |_| Reply::new(200).body("{\"token\":\"t\"}").into());
    let target = format!("http://{}/", thief.other_host());

    // Not from the registry,
    let to = target.clone();
    let server = HttpServer::start(None, move |request| match request.basic() {
        None => basic(request),
        Some(_) => Reply::new(307).header("location", to.clone()).into(),
    });
    let (message, _) = shown(verify(
        &patient(),
        credential(server.host(), PASSWORD),
        ONCE,
    ));
    let host = server.host();
    assert_eq!(
        message,
        format!(
            "cannot log in to {host}: GET http://{host}/v2/ failed: the server redirects to \
             {target}, where this request must not follow"
        )
    );

    // nor from its token service, with or without a form.
    let server = HttpServer::start(None, move |request| {
        if request.path == "/v2/" {
            let realm = format!("http://{}/token", request.header("host").unwrap());
            let challenge = format!("Bearer realm=\"{realm}\"");
            return Reply::new(401).header("www-authenticate", challenge).into();
        }
        Reply::new(308).header("location", target.clone()).into()
    });
    for username in [USER, "<token>"] {
        let mut credential = credential(server.host(), PASSWORD);
        credential.username = username.to_owned();
        let (message, _) = shown(verify(&patient(), credential, ONCE));
        assert!(message.contains("must not follow"), "{message}");
    }
    assert_eq!(thief.seen(), [""; 0]);
}

#[test]
fn other_redirects_are_followed() {
    let registry = HttpServer::start(None, basic);
    let target = format!("{}/v2/", registry.url());
    let front = HttpServer::start(None, move |request| match request.path.as_str() {
        "/v2/" => Reply::new(301).header("location", "/here/v2/").into(),
        "/here/v2/" if request.basic().is_some() => basic(request),
        _ => Reply::new(307).header("location", target.clone()).into(),
    });
    let result = verify(&patient(), credential(front.host(), PASSWORD), ONCE);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert_eq!(
        front.seen(),
        ["GET /v2/", "GET /here/v2/", "GET /v2/", "GET /here/v2/"]
    );
    assert_eq!(registry.requests()[0].header("authorization"), None);
    assert_eq!(registry.seen(), ["GET /v2/"]);

    let circle = HttpServer::start(None, |_| Reply::new(302).header("location", "/v2/").into());
    let (message, _) = shown(verify(
        &patient(),
        credential(circle.host(), PASSWORD),
        ONCE,
    ));
    assert!(message.contains("must not follow"), "{message}");
    assert_eq!(circle.seen().len(), 11);
}
