//! Answers that no registry should give.

use dockside::auth::{Error, Scheme, challenge};
use dockside::error::{Exit, Explain};
use dockside::http::MAX_BODY;

use super::{ONCE, PASSWORD, accepted, credential, patient, shown, verify};
use crate::support::http::{HttpServer, Received, Reply, Step};
use crate::support::token_server::TokenServer;

/// A server that gives the same answer to every request.
fn always(reply: Reply) -> HttpServer {
    HttpServer::start(None, move |_| reply.clone().into())
}

fn challenged(headers: &[&str]) -> Reply {
    headers.iter().fold(Reply::new(401), |reply, header| {
        reply.header("www-authenticate", *header)
    })
}

#[test]
fn bearer_is_preferred_to_basic() {
    let service = TokenServer::start(super::USER, PASSWORD);
    let bearer = format!("Bearer realm=\"{}\"", service.realm());
    let basic = "Basic realm=\"r\"";
    for headers in [
        vec![basic.to_owned(), bearer.clone()],
        vec![format!("{basic}, {bearer}")],
        vec![format!("{bearer}, {basic}")],
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let server = always(challenged(&headers));
        let result = verify(&patient(), credential(server.host(), PASSWORD), ONCE);
        assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
        assert_eq!(server.seen(), ["GET /v2/"]);
    }
    assert_eq!(service.server.seen(), ["GET /token"; 3]);
}

/// Zot says 200 to everybody, and how to log in.
#[test]
fn a_challenge_in_a_yes() {
    let server = HttpServer::start(None, |request: &Received| {
        let right = (super::USER.to_owned(), PASSWORD.to_owned());
        match request.basic() {
            Some(found) if found != right => Reply::new(401).into(),
            _ => Reply::new(200)
                .header("www-authenticate", "Basic realm=\"zot\"")
                .into(),
        }
    });
    let result = verify(&patient(), credential(server.host(), PASSWORD), ONCE);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    let result = verify(&patient(), credential(server.host(), "wrong"), ONCE);
    assert_eq!(result.unwrap_err().exit(), Exit::NotAuthorised);
    assert_eq!(server.seen().len(), 4);
}

/// A server that repeats what it was sent has its words shown without the secret.
#[test]
fn a_secret_that_comes_back_is_not_shown() {
    let server = HttpServer::start(None, |request: &Received| match request.basic() {
        None => challenged(&["Basic realm=\"r\""]).into(),
        Some((_, password)) => {
            let header = request.header("authorization").unwrap_or_default();
            let message = format!("no {password} with {header}");
            let body = serde_json::json!({ "message": message }).to_string();
            Reply::new(401).body(body).into()
        }
    });
    let host = server.host();
    let (message, _) = shown(verify(&patient(), credential(&*host, PASSWORD), ONCE));
    assert_eq!(
        message,
        format!(
            "{host} refused the password of user \"robot$ci\" (status 401): no *** with Basic ***"
        )
    );
}

/// A web page that says yes to everything is no registry, whatever was there before.
#[test]
fn a_page_instead_of_a_known_registry() {
    let server = always(Reply::new(200).header("content-type", "text/html"));
    let host = server.host();
    let known = dockside::auth::Credential {
        scheme: Some(Scheme::Basic),
        ..credential(&*host, PASSWORD)
    };
    let (message, _) = shown(verify(&patient(), known, ONCE));
    assert_eq!(
        message,
        format!("no registry API at http://{host}/v2/ (status 200)")
    );
}

#[test]
fn what_is_no_registry() {
    let page = Reply::new(200).header("content-type", "text/html");
    for (reply, expected) in [
        (
            Reply::new(404),
            "no registry API at http://HOST/v2/ (status 404)",
        ),
        (page, "no registry API at http://HOST/v2/ (status 200)"),
        (
            Reply::new(403),
            "GET http://HOST/v2/: unexpected status 403",
        ),
        (
            Reply::new(302),
            "GET http://HOST/v2/: unexpected status 302",
        ),
        (
            Reply::new(204),
            "GET http://HOST/v2/: unexpected status 204",
        ),
        (
            Reply::new(401),
            "HOST asks for a login of an unknown kind: it names none",
        ),
        (
            challenged(&["Negotiate", "NTLM abc="]),
            "HOST asks for a login of an unknown kind: negotiate, ntlm",
        ),
        (
            challenged(&["Bearer realm=nowhere"]),
            "HOST names the token service \"nowhere\", which is not an address",
        ),
        (
            challenged(&["Bearer realm=\"http://u:p@127.0.0.1/\""]),
            "HOST names the token service \"http://u:p@127.0.0.1/\", which names a user",
        ),
    ] {
        let server = always(reply);
        let (message, _) = shown(verify(
            &patient(),
            credential(server.host(), PASSWORD),
            ONCE,
        ));
        assert_eq!(message.replace(&server.host(), "HOST"), expected);
    }
    let server = HttpServer::start(None, |_| Step::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()));
    let (message, _) = shown(verify(
        &patient(),
        credential(server.host(), PASSWORD),
        super::BUDGET,
    ));
    assert_eq!(
        message.replace(&server.host(), "HOST"),
        "cannot log in to HOST: GET http://HOST/v2/ failed: \
         the answer is not HTTP: invalid HTTP version parsed"
    );
}

/// What a token service answers to somebody with the right password.
fn granted(reply: Reply) -> Result<dockside::auth::Verified, Error> {
    let server = HttpServer::start(None, move |request: &Received| {
        if request.path == "/v2/" {
            let realm = format!("http://{}/token", request.header("host").unwrap());
            return challenged(&[&format!("Bearer realm=\"{realm}\"")]).into();
        }
        reply.clone().into()
    });
    verify(&patient(), credential(server.host(), PASSWORD), ONCE)
}

#[test]
fn answers_of_a_token_service() {
    let big = |size| format!("{{\"token\":\"{}\"}}", "x".repeat(size));
    for body in [
        r#"{"token":"t"}"#,
        r#"{"access_token":"t","refresh_token":""}"#,
        &big(MAX_BODY - 20),
    ] {
        let result = granted(Reply::new(200).body(body));
        assert_eq!(result.unwrap(), accepted(Scheme::Bearer));
    }
    for body in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"token":""}"#,
        r#"{"token":7}"#,
        "<html>",
    ] {
        let (message, _) = shown(granted(Reply::new(200).body(body)));
        assert!(
            message.ends_with("/token: the answer holds no token"),
            "{message}"
        );
    }
    let (message, _) = shown(granted(Reply::new(200).body(big(MAX_BODY))));
    assert!(
        message.ends_with("the answer is too long for a token"),
        "{message}"
    );
    let (message, _) = shown(granted(
        Reply::new(400).body(r#"{"details":"no\u001b[2J"}"#),
    ));
    assert!(
        message.ends_with("unexpected status 400: no\\u{1b}[2J"),
        "{message}"
    );
}

#[test]
fn giant_answers_are_cut() {
    let server = always(challenged(&["Basic realm=r"]).body(vec![b'x'; 8 * MAX_BODY]));
    let result = verify(&patient(), credential(server.host(), PASSWORD), ONCE);
    assert_eq!(result.unwrap_err().exit(), Exit::NotAuthorised);
}

#[test]
fn a_user_name_with_a_colon_is_not_sent() {
    let server = always(challenged(&["Basic realm=r"]));
    let mut credential = credential(server.host(), PASSWORD);
    credential.username = "a:b".to_owned();
    let (message, _) = shown(verify(&patient(), credential, ONCE));
    assert_eq!(
        message,
        format!(
            "the user name for {} has a colon, which no login can carry",
            server.host()
        )
    );
    assert_eq!(server.seen(), [""; 0]);
}

/// SplitMix64: the same headers in every run.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A parameter's value in quotes.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn challenges_from_fragments() {
    const FRAGMENTS: [&str; 18] = [
        "Bearer",
        "Basic",
        " ",
        ",",
        "=",
        "\"",
        "\\",
        "realm",
        "service",
        "https://a/t",
        "\t",
        "abc==",
        "\u{7f}",
        "é",
        "==",
        "\"x\"",
        ", ",
        "~!#$",
    ];
    let mut seed = 1;
    for _ in 0..50_000 {
        let count = random(&mut seed) % 12;
        let pick = |seed: &mut u64| FRAGMENTS[(random(seed) % FRAGMENTS.len() as u64) as usize];
        let noise: String = (0..count).map(|_| pick(&mut seed)).collect();

        // Whatever comes, what is read is made of what was sent.
        for found in challenge::parse([noise.as_bytes()]) {
            let lower = noise.to_ascii_lowercase();
            assert!(lower.contains(&found.scheme), "{noise:?}");
            for (name, value) in found.parameters {
                assert!(lower.contains(&name), "{noise:?}");
                assert!(value.len() < noise.len(), "{noise:?}");
            }
        }

        // And a value in quotes is read as it was.
        let header = format!("Digest a=b, BEARER realm={}, service=s", quoted(&noise));
        let found = challenge::parse([header.as_bytes()]);
        assert_eq!(found.len(), 2, "{header:?}");
        assert_eq!(found[1].scheme, "bearer");
        assert_eq!(found[1].parameter("realm"), Some(&*noise), "{header:?}");
        assert_eq!(found[1].parameter("service"), Some("s"));
    }
}

/// A megabyte of anything is read once, not once for each of its bytes.
#[test]
fn long_challenges_take_linear_time() {
    for fragment in [
        "a ",
        "a,",
        "a=",
        "\"",
        "\\",
        "a=b,",
        "a=\"",
        "Basic a=\"\\\"\",",
        ",",
        " ",
    ] {
        let header = fragment.repeat(1_000_000 / fragment.len());
        let found = challenge::parse([header.as_bytes()]);
        let read: usize = found.iter().map(|one| 1 + one.parameters.len()).sum();
        assert!(read <= header.len());
    }
}
