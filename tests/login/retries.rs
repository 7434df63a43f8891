//! Servers that are slow, busy, or gone.

use std::time::Duration;

use dockside::auth::{Error, Scheme};
use dockside::http::Cause;

use super::{BUDGET, ONCE, PASSWORD, accepted, credential, http, patient, shown, verify};
use crate::support::client::NOBODY;
use crate::support::http::{Reply, Step};
use crate::support::scripted::Scripted;

fn challenge() -> Step {
    Reply::new(401)
        .header("www-authenticate", "Basic realm=\"r\"")
        .into()
}

fn ok() -> Step {
    Reply::new(200).into()
}

fn busy(status: u16, retry_after: &str) -> Step {
    Reply::new(status).header("retry-after", retry_after).into()
}

/// How an attempt ended that failed for good, and how many there were.
fn cause(result: Result<impl Sized, Error>) -> (Cause, u32) {
    match result.err().expect("should have failed") {
        Error::Http { source, .. } => (*source.cause, source.attempts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_passes_is_waited_for() {
    for trouble in [
        Reply::new(408).into(),
        Reply::new(500).into(),
        Reply::new(502).into(),
        Reply::new(503).into(),
        Reply::new(504).into(),
        Reply::new(429).into(),
        busy(429, "0"),
        busy(503, "Sun, 06 Nov 1994 08:49:37 GMT"),
        busy(429, "nonsense"),
        Step::Drop,
        Reply::new(401).body("something long").cut().into(),
    ] {
        let server = Scripted::start();
        let name = format!("{trouble:?}");
        server.script([trouble.clone(), challenge(), trouble, ok()]);
        let result = verify(
            &patient(),
            credential(server.server.host(), PASSWORD),
            BUDGET,
        );
        assert_eq!(result.unwrap(), accepted(Scheme::Basic), "{name}");
        assert_eq!(server.server.seen(), ["GET /v2/"; 4], "{name}");
    }
}

#[test]
fn a_stalled_request_is_made_again() {
    let server = Scripted::start();
    server.script([Step::Stall, challenge(), ok()]);
    let long = Duration::from_secs(30);
    let result = verify(&http(), credential(server.server.host(), PASSWORD), long);
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
}

#[test]
fn a_short_retry_after_is_kept() {
    let server = Scripted::start();
    server.script([busy(429, "1"), challenge(), ok()]);
    let started = std::time::Instant::now();
    let result = verify(
        &patient(),
        credential(server.server.host(), PASSWORD),
        BUDGET,
    );
    assert_eq!(result.unwrap(), accepted(Scheme::Basic));
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.server.seen().len(), 3);
}

#[test]
fn a_retry_after_beyond_the_budget_ends_at_once() {
    for (value, seconds) in [
        ("3600", "3600"),
        ("99999999999999999999999", "18446744073709551615"),
    ] {
        let server = Scripted::start();
        server.script([busy(429, value)]);
        let host = server.server.host();
        let (message, hint) = shown(verify(&patient(), credential(&*host, PASSWORD), BUDGET));
        let start = format!(
            "cannot log in to {host}: GET http://{host}/v2/ failed: the server answered \
             429 Too Many Requests and asks to wait {seconds} s, with "
        );
        assert!(message.starts_with(&start), "{message}");
        assert!(message.ends_with(" s left for retries"), "{message}");
        assert_eq!(
            hint,
            "the registry limits requests: try again later, or from fewer jobs at once"
        );
        assert_eq!(server.server.seen().len(), 1);
    }
}

#[test]
fn the_budget_ends_retries() {
    let server = Scripted::start();
    server.script([Reply::new(503)]);
    let host = server.server.host();
    let error = verify(
        &patient(),
        credential(&*host, PASSWORD),
        Duration::from_secs(5),
    )
    .unwrap_err();
    let attempts = server.server.seen().len();
    assert!(attempts > 1, "{attempts}");
    let (message, _) = shown(Err(error));
    let start = format!(
        "cannot log in to {host}: GET http://{host}/v2/ failed after {attempts} attempts in "
    );
    assert!(message.starts_with(&start), "{message}");
    let end = " s: the server answered 503 Service Unavailable";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn both_requests_share_the_budget() {
    let server = Scripted::start();
    // The second would fit into a budget of its own.
    server.script([busy(503, "2"), challenge(), busy(503, "29"), ok()]);
    let result = verify(
        &patient(),
        credential(server.server.host(), PASSWORD),
        BUDGET,
    );
    assert!(matches!(
        cause(result),
        (Cause::Wait { status: 503, .. }, 1)
    ));
    assert_eq!(server.server.seen().len(), 3);
}

#[test]
fn without_a_budget_there_is_one_attempt() {
    for step in [Step::Drop, Reply::new(503).into()] {
        let server = Scripted::start();
        server.script([step]);
        let result = verify(&patient(), credential(server.server.host(), PASSWORD), ONCE);
        assert_eq!(cause(result).1, 1);
    }
    let server = Scripted::start();
    server.script([Step::Stall]);
    let result = verify(&http(), credential(server.server.host(), PASSWORD), ONCE);
    assert!(matches!(cause(result), (Cause::Timeout(_), 1)));
}

/// A wish for a pause is not to blame where there was no time left anyway.
#[test]
fn a_retry_after_of_nothing_ended_nothing() {
    let server = Scripted::start();
    server.script([busy(503, "0")]);
    let host = server.server.host();
    let (message, _) = shown(verify(&patient(), credential(&*host, PASSWORD), ONCE));
    assert_eq!(
        message,
        format!(
            "cannot log in to {host}: GET http://{host}/v2/ failed: \
             the server answered 503 Service Unavailable"
        )
    );
}

#[test]
fn nobody_there() {
    let host = NOBODY;
    let (message, hint) = shown(verify(&patient(), credential(host, PASSWORD), ONCE));
    assert_eq!(
        message,
        format!(
            "cannot log in to {host}: GET http://{host}/v2/ failed: \
             no connection: Connection refused (os error 111)"
        )
    );
    assert_eq!(hint, "check the registry's name and the network");
}

#[test]
fn a_name_that_does_not_exist() {
    let result = verify(&patient(), credential("registry.invalid", PASSWORD), ONCE);
    assert!(matches!(cause(result), (Cause::Resolve(_), 1)));
}
