//! Where requests go on to, and what goes with them.

use bytes::Bytes;
use dockside::http::{Authorization, Body, Call, Cause};
use futures_util::StreamExt as _;
use reqwest::Method;
use reqwest::header::{HeaderValue, RANGE};

use super::{client, get, put, read, run};
use crate::support::http::{HttpServer, Received, Reply};
use crate::support::scripted::Scripted;

fn to(status: u16, location: &str) -> Reply {
    Reply::new(status).header("location", location)
}

/// Path, `Authorization` and `Range` of what a server was asked.
fn seen(requests: &[Received]) -> Vec<String> {
    let of = |request: &Received, name| request.header(name).unwrap_or("-").to_owned();
    requests
        .iter()
        .map(|request| {
            let (authorization, range) = (of(request, "authorization"), of(request, "range"));
            format!(
                "{} {} {authorization} {range}",
                request.method, request.path
            )
        })
        .collect()
}

fn authorized(mut call: Call) -> Call {
    call.authorization = Some(Authorization::Bearer("token".into()));
    call.headers
        .insert(RANGE, HeaderValue::from_static("bytes=5-"));
    call
}

#[test]
fn credentials_stay_at_home_and_do_not_come_back() {
    for method in [Method::GET, Method::HEAD] {
        let storage = Scripted::start();
        let registry = Scripted::start();
        let storage_url = format!("http://{}/blob?signed", storage.server.other_host());
        registry.script([
            to(307, "/second"),
            to(302, &storage_url),
            Reply::new(200).body("blob"),
        ]);
        let back = format!("{}/third", registry.server.url());
        storage.script([to(303, &back)]);
        let client = client(registry.server.host());
        let (status, url) = run(async {
            let mut call = authorized(get(&client, "/first"));
            call.method = method.clone();
            let reply = client.call(call).await.unwrap();
            (reply.status, reply.url.to_string())
        });
        assert_eq!(status, 200);
        assert_eq!(url, format!("{}/first", registry.server.url()));
        assert_eq!(
            seen(&registry.server.requests()),
            [
                format!("{method} /first Bearer token bytes=5-"),
                format!("{method} /second Bearer token bytes=5-"),
                format!("{method} /third - bytes=5-"),
            ]
        );
        assert_eq!(
            seen(&storage.server.requests()),
            [format!("{method} /blob?signed - bytes=5-")]
        );
    }
}

#[test]
fn secret_headers_stay_at_home_too() {
    let elsewhere = Scripted::start();
    let registry = Scripted::start();
    registry.script([to(
        307,
        &format!("http://{}/", elsewhere.server.other_host()),
    )]);
    elsewhere.script([Reply::new(200)]);
    let client = client(registry.server.host());
    run(async {
        let mut call = get(&client, "/");
        let mut secret = HeaderValue::from_static("glpat-secret");
        secret.set_sensitive(true);
        call.headers.insert("private-token", secret);
        client.call(call).await.unwrap();
    });
    let tokens = |requests: Vec<Received>| -> Vec<Option<String>> {
        let token = |request: &Received| request.header("private-token").map(str::to_owned);
        requests.iter().map(token).collect()
    };
    let sent = Some("glpat-secret".to_owned());
    assert_eq!(tokens(registry.server.requests()), [sent]);
    assert_eq!(tokens(elsewhere.server.requests()), [None]);
}

#[test]
fn others_go_on_within_the_origin_with_the_same_body() {
    let stream = || {
        let pieces = futures_util::stream::iter([Ok(Bytes::from("body"))]);
        Body::stream(4, pieces.boxed())
    };
    let bytes = || Body::Bytes("body".into());
    let elsewhere = "http://localhost:9/";
    for (status, location, body, followed) in [
        (307, "/next", bytes(), true),
        (308, "/next", Body::Empty, true),
        (307, "/next", stream(), false),
        (301, "/next", bytes(), false),
        (302, "/next", Body::Empty, false),
        (303, "/next", bytes(), false),
        (307, elsewhere, bytes(), false),
        (308, elsewhere, Body::Empty, false),
    ] {
        let name = format!("{status} {location}");
        let server = Scripted::start();
        server.script([
            to(status, location),
            Reply::new(201).header("location", "x"),
        ]);
        let client = client(server.server.host());
        let call = authorized(put(&client, "/a/b", body));
        let outcome = run(client.call(call));
        let requests = server.server.requests();
        if followed {
            assert_eq!(outcome.unwrap().status, 201, "{name}");
            assert_eq!(
                seen(&requests),
                [
                    "PUT /a/b Bearer token bytes=5-",
                    "PUT /next Bearer token bytes=5-"
                ],
                "{name}"
            );
            assert_eq!(requests[0].body, requests[1].body, "{name}");
        } else {
            let there = outcome.err().unwrap();
            match there {
                Cause::Redirect(there) => assert!(there.ends_with(location), "{there}"),
                other => panic!("{name}: {other:?}"),
            }
            assert_eq!(requests.len(), 1, "{name}");
        }
    }
}

#[test]
fn circles_end() {
    let server = Scripted::start();
    server.script([to(302, "/again")]);
    let client = client(server.server.host());
    match run(client.call(get(&client, "/"))) {
        Err(Cause::Redirect(there)) => {
            assert_eq!(there, format!("{}/again", server.server.url()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.server.requests().len(), 11);
}

#[test]
fn a_redirect_without_a_target_is_an_answer() {
    let server = HttpServer::start(None, |_| Reply::new(304).into());
    let client = client(server.host());
    let outcome = run(async { read(client.call(get(&client, "/")).await).await });
    assert_eq!(outcome.unwrap(), (304, String::new()));
}

#[test]
fn what_no_registry_may_ask_for_is_not_sent() {
    let client = client("registry.example.com");
    for url in [
        "http://registry.example.com/",
        "ftp://registry.example.com/",
    ] {
        let call = authorized(Call::new(Method::PUT, url.parse().unwrap()));
        match run(client.call(call)) {
            Err(Cause::Redirect(there)) => assert_eq!(there, url),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_no_trouble_of_the_server_s() {
    let client = client("127.0.0.1:9");
    let mut call = get(&client, "/");
    call.authorization = Some(Authorization::Bearer("to\nken".into()));
    assert!(matches!(run(client.call(call)), Err(Cause::Token)));
}
