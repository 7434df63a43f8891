//! Numbers and times as Google writes them.

use jiff::Timestamp;
use serde_json::Value;

/// Times before this, 2 January 1980, say `never`: builds that are to be the same each time set
/// the year 1, 1970 or 1980. In seconds since 1970.
const NEVER: i64 = 315_619_200;

/// A number, which Google writes as a string.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A time in milliseconds since 1970, unless it says `never`.
pub(super) fn milliseconds(time: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(time).ok().filter(is_time)
}

/// A time of RFC 3339, unless it says `never`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(is_time)
}

fn is_time(time: &Timestamp) -> bool {
    time.as_second() >= NEVER
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{milliseconds, number, time};

    #[test]
    fn numbers_are_strings() {
        assert_eq!(
            number(&json!("9007199254740993")),
            Some(9_007_199_254_740_993)
        );
        assert_eq!(number(&json!(7)), Some(7));
        for value in [json!(null), json!(""), json!("x"), json!(1.5), json!([])] {
            assert_eq!(number(&value), None, "{value}");
        }
    }

    #[test]
    fn times_that_say_never_are_none() {
        let shown = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
        assert_eq!(
            shown(time("2024-05-01T10:00:00.5Z")).as_deref(),
            Some("2024-05-01T10:00:00.5Z")
        );
        assert_eq!(
            shown(milliseconds(1_714_557_600_000)).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        for never in [
            "",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1980-01-01T00:00:01Z",
        ] {
            assert_eq!(time(never), None, "{never}");
        }
        for never in [-62_135_596_800_000, 0, 315_532_801_000, i64::MAX] {
            assert_eq!(milliseconds(never), None, "{never}");
        }
    }
}
