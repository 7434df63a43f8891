//! What docker reads of its config: which keys, in which spelling, and of which types.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::credential::Entry;

/// The keys that docker knows, as it writes them (docker/cli `cli/config/configfile/file.go`).
const KEYS: [&str; 24] = [
    "auths",
    "HttpHeaders",
    "psFormat",
    "imagesFormat",
    "networksFormat",
    "pluginsFormat",
    "volumesFormat",
    "statsFormat",
    "detachKeys",
    "credsStore",
    "credHelpers",
    "serviceInspectFormat",
    "servicesFormat",
    "tasksFormat",
    "secretFormat",
    "configFormat",
    "nodesFormat",
    "pruneFilters",
    "proxies",
    "currentContext",
    "cliPluginsExtraDirs",
    "plugins",
    "aliases",
    "features",
];

/// A key as docker writes it: Go takes keys in any case.
fn spelled(key: &str) -> &str {
    KEYS.into_iter()
        .find(|known| known.eq_ignore_ascii_case(key))
        .unwrap_or(key)
}

/// Checks that docker can read a config, and gives it with the keys spelled as docker does.
pub(super) fn parse(text: &[u8]) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_slice::<Shape>(text)?;
    let Root(root) = serde_json::from_slice(text)?;
    Ok(root)
}

/// A config whose values have the types that docker expects.
struct Shape;

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("config", &KEYS, Self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match spelled(&key) {
                "auths" => drop(map.next_value::<Option<HashMap<String, Option<Entry>>>>()?),
                "credHelpers" => drop(map.next_value::<Option<HashMap<String, String>>>()?),
                "credsStore" | "currentContext" => drop(map.next_value::<Option<String>>()?),
                "cliPluginsExtraDirs" => drop(map.next_value::<Option<Vec<String>>>()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(self)
    }

    /// Refuses an array where it ends, like every other value.
    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Err(Error::invalid_type(Unexpected::Seq, &self))
    }
}

/// A config with its keys spelled as docker does. What stands under one key several times is
/// put together like docker does it: objects are merged, else the last one holds.
struct Root(Map<String, Value>);

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Map::new()))
    }
}

impl<'de> Visitor<'de> for Root {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            match (self.0.get_mut(spelled(&key)), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (Some(known), value) => *known = value,
                (None, value) => _ = self.0.insert(spelled(&key).to_owned(), value),
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn parsed(text: &str) -> String {
        serde_json::Value::Object(parse(text.as_bytes()).unwrap()).to_string()
    }

    #[test]
    fn keys_are_spelled_as_docker_does_and_stay_in_order() {
        assert_eq!(
            parsed(
                r#"{"zebra":1,"CREDSSTORE":"x","Auths":{"A.example":{}},"httpheaders":{"x":"y"},"ZEBRA":2}"#
            ),
            r#"{"zebra":1,"credsStore":"x","auths":{"A.example":{}},"HttpHeaders":{"x":"y"},"ZEBRA":2}"#
        );
    }

    #[test]
    fn keys_that_docker_takes_for_one_are_put_together() {
        assert_eq!(
            parsed(
                r#"{"auths":{"a":{}},"credsStore":"x","AUTHS":{"b":{}},"credsstore":"y","n":1,"n":2}"#
            ),
            r#"{"auths":{"a":{},"b":{}},"credsStore":"y","n":2}"#
        );
    }

    #[test]
    fn types_are_checked_in_every_spelling() {
        for text in [r#"{"AUTHS": 1}"#, r#"{"credhelpers": {"a": 1}}"#, "[]", "1"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
