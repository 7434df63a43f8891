//! Lengths of time on the command line: `90s`, `15m`, `12h`, `7d`.

use std::time::Duration;

/// Reads a length of time: a whole number and a unit (`s`, `m`, `h`, `d`; seconds without one).
///
/// # Errors
/// Another form, or a length beyond what the clock can count.
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("expected a unit of s, m, h or d".to_owned()),
    };
    let count: u64 = digits
        .parse()
        .map_err(|_| "expected a whole number and a unit, such as 12h".to_owned())?;
    count
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(|| "too long".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn units() {
        assert_eq!(parse("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(parse("7d"), Ok(Duration::from_secs(604_800)));
        assert!(parse("h").is_err());
        assert!(parse("1.5h").is_err());
        assert!(parse("1w").is_err());
        assert!(parse("99999999999999999999d").is_err());
        assert!(parse("999999999999999999d").is_err());
    }
}
