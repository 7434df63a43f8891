//! Holds the published schema against the parser.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

use super::dockside;
use super::dockside::keys;
use super::document::{Node, Value as Yaml, parse};

const SCHEMA: &str = include_str!("../../../templates/dockside.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Whether a document is as the schema says. Only the words that the schema uses are known.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let all = |list: &Value| -> Vec<bool> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| is_valid(root, one, value)).collect()
    };
    schema
        .as_object()
        .unwrap()
        .iter()
        .all(|(word, says)| match word.as_str() {
            "$ref" => {
                let place = says.as_str().unwrap().strip_prefix('#').unwrap();
                is_valid(root, root.pointer(place).unwrap(), value)
            }
            "anyOf" => all(says).contains(&true),
            "oneOf" => all(says).iter().filter(|holds| **holds).count() == 1,
            "const" => value == says,
            "enum" => says.as_array().unwrap().contains(value),
            "type" => {
                let types = match says {
                    Value::Array(types) => types.clone(),
                    one => vec![one.clone()],
                };
                types.iter().any(|kind| match kind.as_str().unwrap() {
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("{other}"),
                })
            }
            "minimum" => value
                .as_i64()
                .is_none_or(|number| number >= says.as_i64().unwrap()),
            "maximum" => value
                .as_i64()
                .is_none_or(|number| number <= says.as_i64().unwrap()),
            "pattern" => {
                let pattern = Regex::new(says.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minLength" => value.as_str().is_none_or(|text| !text.is_empty()),
            "minItems" => value.as_array().is_none_or(|items| !items.is_empty()),
            "items" => value
                .as_array()
                .is_none_or(|items| items.iter().all(|item| is_valid(root, says, item))),
            "required" => {
                let mut keys = says.as_array().unwrap().iter();
                keys.all(|key| value.get(key.as_str().unwrap()).is_some())
            }
            "dependentRequired" => says.as_object().unwrap().iter().all(|(key, needs)| {
                let mut needs = needs.as_array().unwrap().iter();
                value.get(key).is_none()
                    || needs.all(|key| value.get(key.as_str().unwrap()).is_some())
            }),
            "properties" => says.as_object().unwrap().iter().all(|(key, says)| {
                value
                    .get(key)
                    .is_none_or(|value| is_valid(root, says, value))
            }),
            "additionalProperties" => {
                let known = &schema["properties"];
                let rest = value.as_object().into_iter().flatten();
                let mut rest = rest.filter(|(key, _)| known.get(key.as_str()).is_none());
                match says {
                    Value::Bool(false) => rest.next().is_none(),
                    says => rest.all(|(_, value)| is_valid(root, says, value)),
                }
            }
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            other => panic!("{other}"),
        })
}

/// A document as a reader of JSON has it.
fn as_json(node: &Node) -> Value {
    match &node.value {
        Yaml::Scalar(text, true) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Yaml::Scalar(text, false) => json!(text),
        Yaml::List(items) => items.iter().map(as_json).collect(),
        Yaml::Map(entries) => {
            let entries = entries.iter();
            let pairs =
                entries.map(|(key, value)| (key.text().unwrap().to_owned(), as_json(value)));
            Value::Object(pairs.collect())
        }
        Yaml::Alias => Value::Null,
    }
}

#[test]
fn the_schema_has_the_keys_of_the_parser() {
    let schema = schema();
    let of = |place: &str| -> BTreeSet<String> {
        let properties = &schema.pointer(place).unwrap()["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    };
    let table = [
        ("", keys::POLICY),
        ("/$defs/keep", keys::KEEP),
        ("/$defs/git", keys::GIT),
        ("/$defs/git-keep", keys::GIT_KEEP),
        ("/$defs/limit", keys::LIMIT),
        ("/$defs/kubernetes", keys::KUBERNETES),
        ("/$defs/limits", keys::LIMITS),
    ];
    for (place, keys) in table {
        let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(of(place), keys, "{place}");
    }
}

/// What both take.
const GOOD: [&str; 10] = [
    "git: {others: drop}",
    "keep: [{tags: latest}]",
    "only: 'v*'\nkeep: [{name: 1, tags: ['v*', /^r/, 1.10], except: ['*-rc*'], last: 10}]",
    "keep: [{last: 1, within: 90d, operator: or, by: pushed, pulled-within: 30d}]",
    "keep: [{semver: 5, of-each: minor, pre-releases: true}]",
    "git: {templates: '{branch-slug}', keep: {branches: main}}",
    "git:
  keep:
  - {branches: ['*', /x/], limit: {last: 1, within: 7d, operator: or}}
  - {tags: 'v*', images-per-reference: {last: 2}}
  - {change-requests: open}",
    "kubernetes: true\nin-use: [a.json, b.json]\nlimits: {max-delete: [80%, 100], allow-empty: true}",
    "kubernetes: {kube-config: f, contexts: [a], namespaces: b, same-as: {mirror/x: registry/x}}",
    "untagged-older-than: all\nkeep-list: keep.txt",
];

/// What both refuse.
const BAD: [&str; 22] = [
    "keeps: []",
    "keep: {}",
    "keep: [{last: 0}]",
    "keep: [{last: -1}]",
    "keep: [{last: 1.5}]",
    "keep: [{last: '1'}]",
    "keep: [{last: 4294967296}]",
    "keep: [{within: 30}]",
    "keep: [{within: 1w}]",
    "keep: [{tags: []}]",
    "keep: [{tags: ''}]",
    "keep: [{last: 1, by: pull}]",
    "keep: [{last: 1, of-each: major}]",
    "keep: [{semver: 1, pre-releases: yes}]",
    "git: {others: no}",
    "git: {keep: [{branches: a, tags: b}]}",
    "git: {keep: [{limit: {last: 1}}]}",
    "git: {keep: [{change-requests: closed}]}",
    "kubernetes: {context: a}",
    "untagged-older-than: 7",
    "limits: {max-delete: 101%}",
    "limits: {allow-empty: 1}",
];

#[test]
fn both_take_and_refuse_the_same() {
    let schema = schema();
    let both = |text: &str| {
        let text = format!("version: 1\n{text}");
        let parsed = dockside::policy(&text);
        let is_valid = is_valid(&schema, &schema, &as_json(&parse(&text).unwrap()));
        (
            parsed.map(drop).map_err(|fault| fault.to_string()),
            is_valid,
        )
    };
    for text in GOOD {
        assert_eq!(both(text), (Ok(()), true), "{text}");
    }
    for text in BAD {
        let (parsed, is_valid) = both(text);
        assert!(
            parsed.is_err() && !is_valid,
            "{text}: {parsed:?}, {is_valid}"
        );
    }
    let version = as_json(&parse("version: 2").unwrap());
    assert!(!is_valid(&schema, &schema, &version));
    assert!(!is_valid(&schema, &schema, &json!({})));
}
