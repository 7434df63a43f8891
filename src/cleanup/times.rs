//! Which dates can be believed.

use std::time::Duration;

use jiff::Timestamp;

/// 1981-01-01: builds that are to be reproducible date their images 1970-01-01 (the beginning of
/// Unix time) or 1980-01-01 (that of zip archives), in whatever zone.
const FIRST: Timestamp = Timestamp::constant(347_155_200, 0);

/// How far clocks may go wrong.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether something can have happened then, as far as is known `now`: not before 1981, and not in
/// the future by more than a day.
pub fn believable(time: Timestamp, now: Timestamp) -> bool {
    let latest = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    (FIRST..=latest).contains(&time)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::believable;

    #[test]
    fn dates_that_builders_make_up_are_not_believed() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (time, expected) in [
            ("0001-01-01T00:00:00Z", false),
            ("1970-01-01T00:00:01Z", false),
            ("1980-01-01T00:00:00Z", false),
            ("1980-12-31T23:59:59Z", false),
            ("1981-01-01T00:00:00Z", true),
            ("2026-11-24T12:00:00Z", true),
            ("2026-11-24T12:00:01Z", false),
        ] {
            assert_eq!(believable(time.parse().unwrap(), now), expected, "{time}");
        }
    }
}
