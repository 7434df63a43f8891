//! Times as registries write them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Times before this stand for "never" (0001-01-01) or "unknown" (1970, 1980): there were no
/// registries.
const FIRST: Timestamp = Timestamp::constant(1_300_000_000, 0);

/// A time at which something can have happened; `None` for what stands for never or unknown.
pub(super) fn happened(time: Option<Timestamp>) -> Option<Timestamp> {
    time.filter(|time| *time >= FIRST)
}

/// The time in a field (RFC 3339), for `#[serde(default, deserialize_with)]`. What is no time, or
/// none at which something can have happened, is `None`: one odd field must not cost a page.
///
/// # Errors
/// None of its own.
pub(super) fn time<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(field)?;
    let text = value.as_str().and_then(|text| text.parse().ok());
    Ok(happened(text))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde::Deserialize;

    use super::{happened, time};

    #[derive(Deserialize)]
    struct Field {
        #[serde(default, deserialize_with = "time")]
        at: Option<Timestamp>,
    }

    #[test]
    fn a_field_without_a_time_costs_nothing_else() {
        for text in ["{}", r#"{"at":null}"#, r#"{"at":17}"#, r#"{"at":"soon"}"#] {
            let field: Field = serde_json::from_str(text).unwrap();
            assert_eq!(field.at, None, "{text}");
        }
        let field: Field = serde_json::from_str(r#"{"at":"2024-05-01T12:00:00+02:00"}"#).unwrap();
        assert_eq!(field.at.unwrap().to_string(), "2024-05-01T10:00:00Z");
    }

    #[test]
    fn never_is_no_time() {
        let read = |text: &str| happened(text.parse().ok());
        for never in [
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1980-01-01T00:00:01Z",
            "no time",
        ] {
            assert_eq!(read(never), None, "{never}");
        }
        let time = "2024-05-01T10:00:00.5Z";
        assert_eq!(read(time).unwrap().to_string(), time);
    }
}
