//! How long a token lasts (distribution's token specification: `expires_in`, `issued_at`).

use std::time::{Duration, SystemTime};

use super::jwt::Life;

/// The life of a token of which nothing is said, and the shortest that a service may name: so
/// says the specification, for old clients.
const SHORTEST: Duration = Duration::from_secs(60);

/// The longest that is believed; until then a token may well have been revoked.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before its end a token is renewed: a request takes a while to be looked at.
const MARGIN: Duration = Duration::from_secs(10);

/// For how long a token that has just come can be used before it is to be renewed.
///
/// A service may give a token out again that is no longer new. How old it is is reckoned by the
/// service's own clock (`date`, of its answer), whatever the clock here says.
pub(super) fn usable(
    expires_in: Option<u64>,
    issued_at: Option<SystemTime>,
    date: Option<SystemTime>,
) -> Duration {
    let life = expires_in.map_or(SHORTEST, Duration::from_secs);
    let life = life.clamp(SHORTEST, LONGEST);
    let age = date.zip(issued_at);
    let age = age.and_then(|(date, issued_at)| date.duration_since(issued_at).ok());
    renewed_before(life.saturating_sub(age.unwrap_or_default()))
}

/// The same for a token that says itself when it ends, as JWTs do. Its maker's clock is that of
/// the answer; without one all of its life is believed to lie ahead.
pub(super) fn left(life: Life, date: Option<SystemTime>) -> Duration {
    let since = |date: SystemTime| date.duration_since(SystemTime::UNIX_EPOCH).ok();
    let now = date.and_then(since).map(|now| now.as_secs_f64());
    let left = life.left(now).map_or(SHORTEST, |left| {
        Duration::try_from_secs_f64(left).unwrap_or(LONGEST)
    });
    renewed_before(left.min(LONGEST))
}

/// For how long a token is used that is good for so long.
fn renewed_before(left: Duration) -> Duration {
    // One that comes so late that it is nearly over is used for half of what is left.
    let margin = MARGIN.max(left / 10).min(left / 2);
    left - margin
}

/// Reads a time of RFC 3339, such as `2026-01-31T23:59:59.25+01:00`, to the second.
pub(super) fn time(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let end = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(end)?;
    let [year, month, day] = numbers(date, '-')?;
    let (clock, _fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] = numbers(clock, ':')?;
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range {
        return None;
    }
    let east = match zone.split_at_checked(1)? {
        (_, "") => 0,
        (sign, offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let offset = number(hours)? * 3600 + number(minutes)? * 60;
            if sign == "-" { -offset } else { offset }
        }
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - east;
    let since = Duration::from_secs(u64::try_from(seconds).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let found = [
        number(parts.next()?)?,
        number(parts.next()?)?,
        number(parts.next()?)?,
    ];
    parts.next().is_none().then_some(found)
}

/// A number of up to four digits, without a sign.
fn number(text: &str) -> Option<i64> {
    let plain = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// The days from 1970-01-01 in the Gregorian calendar, for years from 1970 on. Years are taken
/// to begin in March, so that the leap day is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    // From 1 March of the year 0 to 1 January 1970 it is 719,468 days.
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{time, usable};

    fn at(seconds: u64) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn tokens_are_renewed_before_their_end() {
        let after = |expires_in, age: Option<u64>| {
            let issued_at = age.and_then(|age| at(1000 - age));
            usable(expires_in, issued_at, at(1000)).as_secs_f64()
        };
        assert_eq!(after(None, None), 50.0);
        assert_eq!(after(Some(0), None), 50.0);
        assert_eq!(after(Some(300), None), 270.0);
        assert_eq!(after(Some(300), Some(100)), 180.0);
        assert_eq!(after(Some(60), Some(50)), 5.0);
        assert_eq!(after(Some(60), Some(60)), 0.0);
        assert_eq!(after(Some(60), Some(900)), 0.0);
        assert_eq!(after(Some(u64::MAX), None), 86_400.0 * 0.9);
    }

    #[test]
    fn only_the_clock_of_the_service_counts() {
        let minute = Some(60);
        assert_eq!(usable(minute, at(1), None).as_secs(), 50);
        assert_eq!(usable(minute, None, at(1)).as_secs(), 50);
        // Issued after the answer: clocks within the service differ.
        assert_eq!(usable(minute, at(1000), at(900)).as_secs(), 50);
    }

    #[test]
    fn times_are_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-03-01T00:00:00.123456789Z", 1_772_323_200),
            ("2026-03-01T02:30:00+02:30", 1_772_323_200),
            ("2026-02-28t22:00:00-02:00", 1_772_323_200),
            ("2024-12-31T23:59:60Z", 1_735_689_600),
        ] {
            assert_eq!(time(text), at(seconds), "{text}");
        }
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "99999999999-01-01T00:00:00Z",
            "+026-03-01T00:00:00Z",
            "2026-03-01T00:00:00+é",
            "2026-03-01T00:00:00+9223372036854775807:00",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
