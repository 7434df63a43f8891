//! Who gets in, with what, and for how long.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::Plain;
use crate::support::client::ask;
use crate::support::vendor::{Answer, Local, Request, Tokens, Users, shared};

const ROBOT: &str = "Authorization: Basic cm9ib3Q6c2VjcmV0";

/// A token of `GET /token`.
fn token(local: &Local, headers: &[&str], scope: &str) -> String {
    let came = ask(
        &local.host(),
        &format!("GET /token?scope={scope}"),
        headers,
        b"",
    );
    let body: Value = serde_json::from_slice(&came.body).unwrap();
    body["token"].as_str().unwrap_or_default().to_owned()
}

/// Status and challenge.
fn asked(local: &Local, line: &str, token: &str) -> (u16, String) {
    let header = format!("Authorization: Bearer {token}");
    let came = ask(&local.host(), line, &[&header], b"");
    (came.status, came.header("www-authenticate").to_owned())
}

#[test]
fn a_token_is_for_what_was_asked_and_allowed() {
    let local = Local::start(&shared(Plain::new()));
    let start = r#"Bearer realm="https://auth.example.com/token",service="plain""#;
    let refused = |scope: &str, error: &str| {
        let challenge = format!("{start},scope=\"repository:{scope}\",error=\"{error}\"");
        (401, challenge)
    };
    let came = ask(&local.host(), "GET /v2/", &[], b"");
    assert_eq!((came.status, came.header("www-authenticate")), (401, start));
    let list = "GET /v2/team/app/tags/list";
    let delete = "DELETE /v2/team/app/manifests/v1";
    assert_eq!(
        asked(&local, list, "x"),
        refused("team/app:pull", "invalid_token")
    );
    let anybody = token(&local, &[], "repository:team/app:pull,delete");
    assert_eq!(asked(&local, "GET /v2/", &anybody).0, 200);
    assert_eq!(asked(&local, list, &anybody).0, 404);
    assert_eq!(
        asked(&local, delete, &anybody),
        refused("team/app:delete", "insufficient_scope")
    );
    let robot = token(&local, &[ROBOT], "repository:team/app:delete");
    assert_eq!(asked(&local, delete, &robot).0, 404);
    let other = token(&local, &[ROBOT], "repository:team/other:pull,push");
    let upload = "POST /v2/team/app/blobs/uploads/";
    assert_eq!(
        asked(&local, upload, &other),
        refused("team/app:pull,push", "insufficient_scope")
    );
    assert_eq!(token(&local, &["Authorization: Basic eDp5"], "x"), "");
    let form = b"grant_type=password&username=robot&password=secret&scope=repository:a:pull";
    let came = ask(&local.host(), "POST /token", &[], form);
    let body: Value = serde_json::from_slice(&came.body).unwrap();
    assert_eq!(body["access_token"], "plain-token-4");
    assert_eq!(asked(&local, "GET /v2/a/tags/list", "plain-token-4").0, 404);
    assert_eq!(ask(&local.host(), "PUT /token", &[], b"").status, 405);
}

#[test]
fn a_token_ends() {
    let mut plain = Plain::new();
    plain.tokens.lifetime = 1;
    let plain = shared(plain);
    let local = Local::start(&plain);
    let short = token(&local, &[ROBOT], "");
    sleep(Duration::from_millis(1100));
    assert_eq!(asked(&local, "GET /v2/", &short).0, 401);
    plain.lock().unwrap().tokens.lifetime = 300;
    let long = token(&local, &[ROBOT], "");
    assert_eq!(asked(&local, "GET /v2/", &long).0, 200);
    plain.lock().unwrap().tokens.expire();
    assert_eq!(asked(&local, "GET /v2/", &long).0, 401);
}

#[test]
fn an_emulator_asks_who_it_is() {
    let mut users = Users::new(&[("robot", "secret")]);
    users.add("other", "x");
    users.remove("other");
    let mut tokens = Tokens::new("own");
    let token = tokens.issue("somebody", "");
    let local = Local::start(&shared(move |request: &Request| {
        if let Some(subject) = tokens.subject(request) {
            return Answer::new(200).text(subject);
        }
        match users.check(request, "own") {
            Ok(user) => Answer::new(200).text(user),
            Err(refused) => refused,
        }
    }));
    let who = |header: &str| {
        let came = ask(&local.host(), "GET /", &[header], b"");
        (
            came.status,
            came.text(),
            came.header("www-authenticate").to_owned(),
        )
    };
    let is = |name: &str| (200, name.to_owned(), String::new());
    assert_eq!(who(ROBOT), is("robot"));
    assert_eq!(
        who(&format!("Authorization: Bearer {token}")),
        is("somebody")
    );
    let (status, _, challenge) = who("Authorization: Basic b3RoZXI6eA==");
    assert_eq!((status, challenge.as_str()), (401, "Basic realm=\"own\""));
}
