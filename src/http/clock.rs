//! When a host wants to be asked again, by the clocks of its headers.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Whether an answer says that there were too many requests. GitHub says so with 403 too, and
/// then with a time; 503 with a time says the same.
pub(super) fn is_limit(status: u16, wish: Option<Duration>) -> bool {
    status == 429 || (matches!(status, 403 | 503) && wish.is_some())
}

/// The headers of a window in which so many requests are allowed: how many are left, and when it
/// ends. GitHub and Docker Hub have the first pair, GitLab and RFC drafts the second.
const WINDOWS: [[&str; 2]; 2] = [
    ["x-ratelimit-remaining", "x-ratelimit-reset"],
    ["ratelimit-remaining", "ratelimit-reset"],
];

/// From this number on, seconds are those since 1970 rather than those to wait: 2001, and 31
/// years.
const EARLIEST: u64 = 1_000_000_000;

/// For how long an answer asks to be left alone.
pub(crate) fn wish(headers: &HeaderMap) -> Option<Duration> {
    wish_at(headers, SystemTime::now())
}

fn wish_at(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let window = |[remaining, reset]: &[&str; 2]| {
        // Docker Hub's registry adds the window's length: `0;w=21600`.
        let left = text(remaining)?.split(';').next()?.trim();
        (left == "0").then(|| moment(text(reset)?, now)).flatten()
    };
    let asked = text(RETRY_AFTER.as_str()).and_then(|value| retry_after(value, now));
    asked
        // Docker Hub's older form.
        .or_else(|| moment(text("x-retry-after")?, now))
        .or_else(|| WINDOWS.iter().find_map(window))
}

/// How long it is until a moment: seconds since 1970 or, if there are few, from now on.
fn moment(value: &str, now: SystemTime) -> Option<Duration> {
    let seconds = retry_after(value, now)?;
    if seconds.as_secs() < EARLIEST {
        return Some(seconds);
    }
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(seconds.saturating_sub(now))
}

/// The value of `Retry-After`: seconds of any size, or one of the three dates of RFC 9110,
/// section 5.6.7. Dates that have passed are zero; anything else is `None`.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{HeaderMap, HeaderName};

    use super::{is_limit, retry_after, wish, wish_at};
    use crate::http::retry::is_transient;

    #[test]
    fn retry_after_has_four_forms() {
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let now = date - Duration::from_secs(90);
        let read = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(read("0"), Some(0));
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("99999999999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(90));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(90));
        assert_eq!(read("Sun Nov  6 08:49:37 1994"), Some(90));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        for value in ["", "-1", "1.5", "soon", "1e9", "+5"] {
            assert_eq!(read(value), None, "{value:?}");
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn vendors_have_their_own_clocks() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let cases: [(&[(&'static str, &str)], Option<u64>); 13] = [
            (&[], None),
            (
                &[("retry-after", "7"), ("x-retry-after", "1800000090")],
                Some(7),
            ),
            (&[("x-retry-after", "1800000090")], Some(90)),
            (&[("x-retry-after", "90")], Some(90)),
            (&[("x-retry-after", "1700000000")], Some(0)),
            (
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1800000600"),
                ],
                Some(600),
            ),
            (
                &[
                    ("x-ratelimit-remaining", "1"),
                    ("x-ratelimit-reset", "1800000600"),
                ],
                None,
            ),
            (&[("x-ratelimit-reset", "1800000600")], None),
            (
                &[
                    ("ratelimit-remaining", "0"),
                    ("ratelimit-reset", "1800000060"),
                ],
                Some(60),
            ),
            (
                &[("ratelimit-remaining", "0"), ("ratelimit-reset", "60")],
                Some(60),
            ),
            (
                &[
                    ("ratelimit-remaining", "0;w=21600"),
                    ("ratelimit-reset", "60"),
                ],
                Some(60),
            ),
            (&[("ratelimit-remaining", "0;w=21600")], None),
            (
                &[("ratelimit-remaining", "0"), ("ratelimit-reset", "soon")],
                None,
            ),
        ];
        for (pairs, expected) in cases {
            let wait = wish_at(&headers(pairs), now).map(|wait| wait.as_secs());
            assert_eq!(wait, expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_forbidden_request_with_a_clock_is_a_limit() {
        let none = HeaderMap::new();
        let spent = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")]);
        let left = headers(&[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "9")]);
        let after = headers(&[("retry-after", "60")]);
        let limits = |status| [&none, &spent, &left, &after].map(|one| is_limit(status, wish(one)));
        assert_eq!(limits(429), [true, true, true, true]);
        assert_eq!(limits(403), [false, true, false, true]);
        assert_eq!(limits(503), [false, true, false, true]);
        assert_eq!(limits(200), [false, false, false, false]);
        assert!(is_transient(403, &after) && !is_transient(403, &left));
        assert!(is_transient(503, &none) && !is_transient(404, &after));
    }
}
