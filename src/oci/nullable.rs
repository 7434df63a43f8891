//! `null` where JSON should leave something out: Go writes empty lists and maps that way.

use serde::{Deserialize, Deserializer};

/// The default for `null`.
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
