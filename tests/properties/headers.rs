//! `WWW-Authenticate`, `Link`, `Retry-After`.

use std::time::{Duration, SystemTime};

use dockside::auth::challenge;
use dockside::http::clock::retry_after;
use dockside::oci::link;
use proptest::prelude::*;
use url::Url;

use super::{config, long};

fn asked() -> Url {
    Url::parse("https://r.example.com/v2/a/tags/list").unwrap()
}

/// A value in quotes.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A scheme with its parameters.
type Written = (String, Vec<(String, String)>);

/// Challenges with one parameter or more each: without any, two in one header may be read as one
/// with a `token68`.
fn challenges() -> impl Strategy<Value = Vec<Written>> {
    let parameter = ("[a-z][a-z0-9_-]{0,8}", "[ -~é]{0,20}");
    let parameters = proptest::collection::vec(parameter, 1..4);
    proptest::collection::vec(("[a-z][a-z0-9-]{0,8}", parameters), 0..4)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn challenges_are_read_as_they_were_written(
        written in challenges(), gap in "[ \t]{0,2},[, \t]{0,3}", joined: bool
    ) {
        let headers: Vec<String> = written
            .iter()
            .map(|(scheme, parameters)| {
                let parameters = parameters.iter();
                let parameters = parameters.map(|(name, value)| format!("{name}={}", quoted(value)));
                let parameters: Vec<String> = parameters.collect();
                format!("{} {}", scheme.to_uppercase(), parameters.join(&gap))
            })
            .collect();
        let headers = if joined { vec![headers.join(&gap)] } else { headers };
        let read = challenge::parse(headers.iter().map(String::as_bytes));
        let read: Vec<Written> =
            read.into_iter().map(|one| (one.scheme, one.parameters)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn no_header_is_read_as_more_than_it_is(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[a=\", \\\\\t]{0,60}"
    ) {
        for header in [bytes.as_slice(), text.as_bytes()] {
            let signs = |text: &str| text.chars().count();
            let read = challenge::parse([header]);
            let total: usize = read
                .iter()
                .map(|one| {
                    let parameters = one.parameters.iter();
                    signs(&one.scheme)
                        + parameters.map(|(name, value)| signs(name) + signs(value)).sum::<usize>()
                })
                .sum();
            prop_assert!(total <= header.len());
        }
    }

    #[test]
    fn links_are_read_as_they_were_written(
        others in proptest::collection::vec(("/[a-z,;?=\"]{0,9}", "[ -~]{0,9}"), 0..4),
        last in "[a-z0-9._~,;-]{1,20}", n in 1..2000_u32, form in 0..4_usize,
    ) {
        let target = format!("/v2/a/tags/list?last={last}&n={n}");
        let next = match form {
            0 => format!("<{target}>; rel=\"next\""),
            1 => format!("<{target}>;title={};REL=next", quoted(&last)),
            2 => format!("<https://elsewhere.example.com{target}>; rel=\"prev next\""),
            _ => format!("<list?last={last}&n={n}> ; x ; rel = \"next\" ; y=z"),
        };
        let others = others.iter();
        let others = others.map(|(path, title)| format!("<{path}>; title={}; rel=first", quoted(title)));
        let header: Vec<String> = others.chain([next]).collect();
        let found = link::next([header.join(", ").as_bytes()], &asked());
        let expected = asked().join(&target).unwrap();
        prop_assert_eq!(found, Ok(Some(expected)));
    }

    #[test]
    fn a_link_stays_where_it_was(header in "[<>;,=\" ahrelnxt:/\\\\.?#@]{0,80}|\\PC*") {
        for header in [header.clone(), format!("<{header}>; rel=next")] {
            if let Ok(Some(url)) = link::next([header.as_bytes()], &asked()) {
                prop_assert_eq!(url.origin(), asked().origin());
                prop_assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
            }
        }
    }

    #[test]
    fn pauses_are_read_as_they_were_written(
        now in 0..4_000_000_000_u64, later in 0..4_000_000_000_u64, digits in "[0-9]{1,40}"
    ) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        let date = httpdate::fmt_http_date(now + Duration::from_secs(later));
        prop_assert_eq!(retry_after(&date, now), Some(Duration::from_secs(later)));
        let seconds = digits.parse().unwrap_or(u64::MAX);
        prop_assert_eq!(retry_after(&digits, now), Some(Duration::from_secs(seconds)));
    }

    #[test]
    fn no_pause_panics(value in "[0-9A-Za-z:, -]{0,40}|\\PC*") {
        let _ = retry_after(&value, SystemTime::now());
    }
}

#[test]
fn long_headers_take_no_longer_than_they_are() {
    for header in long(&["a", " ", ",", "=", "\"", "\\", "a=", "a b", "a=\"b\","]) {
        challenge::parse([header.as_bytes()]);
    }
    for header in long(&[
        "<",
        ">",
        ";",
        ",",
        "=",
        "\"",
        " ",
        "</>;",
        "rel=next,",
        "\\",
    ]) {
        let _ = link::next([header.as_bytes()], &asked());
    }
    for value in long(&["0", " ", "Sun, 06 Nov", ":"]) {
        retry_after(&value, SystemTime::now());
    }
}
