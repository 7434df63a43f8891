//! Lengths of time in policies: as on the command line, but always with a unit.

use std::time::Duration;

use crate::duration;

/// Reads a length of time such as `12h` or `30d`. A number alone is not taken for seconds: who
/// writes `30` where images are removed means days.
///
/// # Errors
/// Another form.
pub fn parse(text: &str) -> Result<Duration, String> {
    match text.ends_with(|last: char| last.is_ascii_digit()) {
        true => Err(format!(
            "expected a unit: {text}d for days, {text}h for hours"
        )),
        false => duration::parse(text),
    }
}
