//! Times as vendors write them.

use jiff::Timestamp;

/// The beginning of 1981, in seconds since 1970. What is older is a vendor's word for "never"
/// (0001-01-01, 1970-01-01, 1980-01-01), or that of a build that hides its time.
const FIRST: i64 = 347_155_200;

/// The time of a text of RFC 3339; `None` for what is none, and for what stands for "never".
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    let time: Timestamp = text?.parse().ok()?;
    (time.as_second() >= FIRST).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn never_is_no_time() {
        for never in [
            None,
            Some(""),
            Some("yesterday"),
            Some("0001-01-01T00:00:00.000Z"),
            Some("1970-01-01T00:00:00.000+00:00"),
            Some("1980-01-01T00:00:01Z"),
        ] {
            assert_eq!(moment(never), None, "{never:?}");
        }
        for (text, expected) in [
            ("2024-05-01T10:00:00.500Z", "2024-05-01T10:00:00.5Z"),
            ("2024-05-01T10:00:00.000+02:00", "2024-05-01T08:00:00Z"),
        ] {
            assert_eq!(moment(Some(text)).unwrap().to_string(), expected);
        }
    }
}
