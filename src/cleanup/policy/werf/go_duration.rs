//! Lengths of time as Go writes them (package time, ParseDuration): `168h`, `1h30m`, `1.5h`.

use std::time::Duration;

/// Units, the longer names first, in nanoseconds.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];

/// Reads one. A negative one has no meaning here.
pub(super) fn parse(text: &str) -> Result<Duration, &'static str> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut sum = 0.0;
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err("expected a length of time such as 168h");
    }
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = rest.strip_suffix(after).unwrap_or_default();
        let number: f64 = digits
            .parse()
            .map_err(|_| "expected a length of time such as 168h")?;
        let unit = UNITS.iter().find_map(|(name, size)| {
            let after = after.strip_prefix(name)?;
            Some((size, after))
        });
        let (size, after) = unit.ok_or("expected a unit of h, m, s, ms, us or ns; days are 24h")?;
        sum += number * size;
        rest = after;
    }
    Duration::try_from_secs_f64(sum / 1e9).map_err(|_| "too long")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn as_go_reads_them() {
        let seconds = |text| parse(text).map(|time| time.as_secs_f64());
        assert_eq!(parse("168h"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(seconds("1m500ms"), Ok(60.5));
        for bad in ["", "7d", "168", "h", "-1h", "1h-", "..h", "1e9h"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
