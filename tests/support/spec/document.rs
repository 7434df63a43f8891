//! Documents in JSON or YAML.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Reads a document.
pub fn parse(text: &str) -> Value {
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    let documents = Yaml::load_from_str(text).expect("a description is JSON or YAML");
    json_of(documents.first().expect("a description is not empty"))
}

fn json_of(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => json!(value),
            Scalar::Integer(value) => json!(value),
            Scalar::FloatingPoint(value) => json!(value.into_inner()),
            Scalar::String(value) => json!(value),
        },
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (name(key), json_of(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Tagged(_, inner) => json_of(inner),
        other => panic!("a description has {other:?}"),
    }
}

/// A key; the status `200` is one without quotes too.
fn name(key: &Yaml<'_>) -> String {
    match json_of(key) {
        Value::String(name) => name,
        other => other.to_string(),
    }
}

/// What a reference of a document leads to, over any number of references.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        let found = document.pointer(pointer);
        value = found.unwrap_or_else(|| panic!("a description refers to {reference}"));
    }
    value
}

/// A list, or nothing.
pub fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// An object's fields, or nothing.
pub fn fields<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let fields = value.get(name).and_then(Value::as_object);
    fields.into_iter().flatten()
}
