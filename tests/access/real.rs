//! Debian's registry with a token service, and with passwords.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use dockside::auth::Access;
use dockside::http::Authorization;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{PASSWORD, PULL, PUSH, access, budget, run, scope, user};
use crate::support::http::receive;
use crate::support::installed;
use crate::support::registry::{Options, PROGRAM};
use crate::support::token_server::TokenServer;

/// Makes a request as it would be made with an [`Access`]; gives its last status.
async fn ask(
    access: &Access,
    host: &str,
    method: &str,
    path: &str,
    scopes: &[dockside::auth::Scope],
) -> u16 {
    let budget = budget();
    let mut authorization = access.authorization(scopes, &budget).await.unwrap();
    loop {
        let (status, headers) = send(host, method, path, authorization.as_ref());
        if status != 401 {
            return status;
        }
        let better = access
            .challenged(&headers, scopes, authorization.as_ref(), &budget)
            .await;
        match better.unwrap() {
            Some(better) => authorization = Some(better),
            None => return status,
        }
    }
}

fn send(
    host: &str,
    method: &str,
    path: &str,
    authorization: Option<&Authorization>,
) -> (u16, HeaderMap) {
    let authorization = match authorization {
        None => String::new(),
        Some(Authorization::Bearer(token)) => {
            format!("authorization: Bearer {}\r\n", token.expose())
        }
        Some(Authorization::Basic(basic)) => {
            let pair = format!("{}:{}", basic.username, basic.password.expose());
            format!("authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
        }
    };
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    let request = format!("{head}content-length: 0\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    // `HTTP/1.1 401 ...` reads like a request whose path is the status.
    let answer = receive(&mut BufReader::new(answer.as_slice())).unwrap();
    let headers = answer.headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    (answer.path.parse().unwrap(), headers.collect())
}

#[test]
fn tokens() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start("robot$ci", PASSWORD);
    let registry = Options::default().token(&service).start();
    let host = registry.host().to_owned();
    let access = access(&host, user());
    run(async move {
        let (a, mount) = ([scope("a", PUSH)], [scope("b", PUSH), scope("a", PULL)]);
        let upload = "/v2/a/blobs/uploads/";
        assert_eq!(ask(&access, &host, "POST", upload, &a).await, 202);
        assert_eq!(ask(&access, &host, "POST", upload, &a).await, 202);
        assert_eq!(ask(&access, &host, "GET", "/v2/a/tags/list", &a).await, 404);
        let digest = format!("sha256:{}", "0".repeat(64));
        let mounted = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
        assert_eq!(ask(&access, &host, "POST", &mounted, &mount).await, 202);
        assert_eq!(
            access.granted(&mount).as_deref(),
            Some("repository:a:pull repository:b:pull,push")
        );
    });
    assert_eq!(service.server.requests().len(), 2);
    assert_eq!(
        registry.requests(5),
        [
            "POST /v2/a/blobs/uploads/ 401",
            "POST /v2/a/blobs/uploads/ 202",
            "POST /v2/a/blobs/uploads/ 202",
            "GET /v2/a/tags/list 404",
            &format!(
                "POST /v2/b/blobs/uploads/?mount=sha256:{}&from=a 202",
                "0".repeat(64)
            ),
        ]
    );
}

#[test]
fn a_scope_that_is_too_narrow() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start("robot$ci", PASSWORD);
    let registry = Options::default().token(&service).start();
    let host = registry.host().to_owned();
    let access = access(&host, user());
    run(async move {
        // The caller was wrong about what it needs; the registry says what that is.
        let pull = [scope("a", PULL)];
        let upload = "/v2/a/blobs/uploads/";
        assert_eq!(
            ask(&access, &host, "GET", "/v2/a/tags/list", &pull).await,
            404
        );
        assert_eq!(ask(&access, &host, "POST", upload, &pull).await, 202);
        assert_eq!(
            access.granted(&pull).as_deref(),
            Some("repository:a:pull,push")
        );
    });
    assert_eq!(service.server.requests().len(), 2);
}

#[test]
fn passwords() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let registry = Options::default().htpasswd("robot$ci", PASSWORD).start();
    let host = registry.host().to_owned();
    let (right, wrong) = (
        access(&host, user()),
        access(
            &host,
            Some(dockside::docker::Credential::password("robot$ci", "wrong")),
        ),
    );
    run(async move {
        let a = [scope("a", PUSH)];
        let upload = "/v2/a/blobs/uploads/";
        assert_eq!(ask(&right, &host, "POST", upload, &a).await, 202);
        assert_eq!(ask(&right, &host, "POST", upload, &a).await, 202);
        assert_eq!(ask(&wrong, &host, "POST", upload, &a).await, 401);
    });
    assert_eq!(
        registry.requests(5),
        [401, 202, 202, 401, 401].map(|status| format!("POST /v2/a/blobs/uploads/ {status}"))
    );
}
