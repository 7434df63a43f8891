//! Distribution 2.8 and 3, and zot.

use crate::support::certificates::Authority;
use crate::support::client::ask;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::token_server::TokenServer;
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

/// A digest of nothing that any of them has.
const ABSENT: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn versions_of_distribution_differ_in_their_pages() {
    if !installed(PROGRAM) || go_program(PROGRAM_3).is_none() {
        return;
    }
    let (old, new) = (Registry::open(), Options::default().version3().start());
    for (registry, status) in [(&old, 404), (&new, 400)] {
        let path = "GET /v2/app/tags/list?n=-1";
        assert_eq!(ask(registry.host(), path, &[], b"").status, status);
        assert_eq!(registry.new_requests(1), [format!("{path} {status}")]);
        assert_eq!(registry.new_requests(0), [""; 0]);
    }
}

#[test]
fn deletes_can_be_refused() {
    if !installed(PROGRAM) || go_program(PROGRAM_3).is_none() {
        return;
    }
    let path = format!("DELETE /v2/app/manifests/{ABSENT}");
    let status = |options: Options<'_>| ask(options.start().host(), &path, &[], b"").status;
    assert_eq!(status(Options::default()), 404);
    assert_eq!(status(Options::default().without_deletes()), 405);
    assert_eq!(status(Options::default().version3()), 404);
    assert_eq!(status(Options::default().version3().without_deletes()), 405);
}

#[test]
fn version_3_knows_the_same_logins() {
    if go_program(PROGRAM_3).is_none() || !installed("htpasswd") {
        return;
    }
    let basic = Options::default().version3().htpasswd("robot", "secret");
    let basic = basic.start();
    let challenge = |host: &str| {
        let came = ask(host, "GET /v2/", &[], b"");
        (came.status, came.header("www-authenticate").to_owned())
    };
    let expected = (401, "Basic realm=\"test realm\"".to_owned());
    assert_eq!(challenge(basic.host()), expected);
    let login = "Authorization: Basic cm9ib3Q6c2VjcmV0";
    assert_eq!(ask(basic.host(), "GET /v2/", &[login], b"").status, 200);

    let service = TokenServer::start("robot", "secret");
    let bearer = Options::default().version3().token(&service).start();
    let (realm, service_name) = (service.realm(), "test registry");
    let expected = format!("Bearer realm=\"{realm}\",service=\"{service_name}\"");
    assert_eq!(challenge(bearer.host()), (401, expected));
    let came = ask(
        &service.server.host(),
        "GET /token?service=test%20registry",
        &[login],
        b"",
    );
    let answer: serde_json::Value = serde_json::from_slice(&came.body).unwrap();
    let token = format!(
        "Authorization: Bearer {}",
        answer["token"].as_str().unwrap()
    );
    assert_eq!(ask(bearer.host(), "GET /v2/", &[&token], b"").status, 200);

    let identity = Authority::new().issue(&["127.0.0.1"]);
    let tls = Options::default().version3().tls(&identity).start();
    let came = ask(tls.host(), "GET /v2/", &[], b"");
    assert_eq!(came.status, 400);
    assert!(came.text().contains("HTTPS server"), "{}", came.text());
}

#[test]
fn zot_is_a_registry() {
    if go_program(zot::PROGRAM).is_none() {
        return;
    }
    let zot = Zot::start();
    let host = zot.host();
    assert_eq!(ask(host, "GET /v2/", &[], b"").status, 200);
    let began = ask(host, "POST /v2/app/blobs/uploads/", &[], b"");
    assert_eq!(began.status, 202);
    assert_eq!(
        zot.requests(),
        ["GET /v2/ 200", "POST /v2/app/blobs/uploads/ 202"]
    );
}
