//! JSON against a schema: JSON Schema as Swagger and OpenAPI know it, and as the other kinds of
//! descriptions are rewritten to.

use regex::Regex;
use serde_json::Value;

use super::document::{fields, list, resolve};

/// Checks a value; `at` is where it is, for the error.
///
/// # Errors
/// What is wrong, and where.
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    check_part(document, schema, value, at)?;
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    let mut known = Vec::new();
    if open(document, schema, value, &mut known) || known.is_empty() {
        return Ok(());
    }
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{at}.{key} is unknown")),
        None => Ok(()),
    }
}

/// Whether properties other than `known` ones are allowed; those that are listed are added to it.
fn open<'a>(
    document: &'a Value,
    schema: &'a Value,
    value: &Value,
    known: &mut Vec<&'a str>,
) -> bool {
    let schema = resolve(document, schema);
    known.extend(fields(schema, "properties").map(|(name, _)| name.as_str()));
    let mut is_open = match schema.get("additionalProperties") {
        None | Some(Value::Bool(false)) => false,
        Some(_) => true,
    };
    for part in list(schema, "allOf") {
        is_open |= open(document, part, value, known);
    }
    for part in list(schema, "anyOf").chain(list(schema, "oneOf")) {
        if check_part(document, part, value, "").is_ok() {
            is_open |= open(document, part, value, known);
        }
    }
    is_open
}

/// Checks everything but for unknown properties of the value itself.
fn check_part(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolve(document, schema);
    let is = |name: &str| schema.get(name).and_then(Value::as_bool) == Some(true);
    if value.is_null()
        && ["nullable", "x-nullable", "x-isnullable"]
            .into_iter()
            .any(is)
    {
        return Ok(());
    }
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("properties").is_some() => vec!["object"],
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|wanted| is_type(value, wanted)) {
        return Err(format!("{at} is not {}: {value}", types.join(" or ")));
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        return Err(format!("{at} is none of {}: {value}", schema["enum"]));
    }
    match value {
        Value::String(text) => check_text(schema, text, at)?,
        Value::Number(_) => check_bounds(schema, value.as_f64(), ["minimum", "maximum"], at)?,
        Value::Array(items) => {
            let count = Some(items.len() as f64);
            check_bounds(schema, count, ["minItems", "maxItems"], at)?;
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(document, schema, item, &format!("{at}[{index}]"))?;
                }
            }
        }
        Value::Object(_) => check_object(document, schema, value, at)?,
        Value::Null | Value::Bool(_) => {}
    }
    for part in list(schema, "allOf") {
        check_part(document, part, value, at)?;
    }
    for name in ["anyOf", "oneOf"] {
        let mut wrong = Ok(());
        for part in list(schema, name) {
            wrong = check(document, part, value, at);
            if wrong.is_ok() {
                break;
            }
        }
        wrong?;
    }
    Ok(())
}

fn is_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        "any" => true,
        other => panic!("a description has the type {other}"),
    }
}

fn check_text(schema: &Value, text: &str, at: &str) -> Result<(), String> {
    let length = Some(text.chars().count() as f64);
    check_bounds(schema, length, ["minLength", "maxLength"], at)?;
    let pattern = schema.get("pattern").and_then(Value::as_str);
    // Other dialects know more than this one.
    let pattern = pattern.and_then(|pattern| Regex::new(pattern).ok());
    match pattern.filter(|pattern| !pattern.is_match(text)) {
        Some(pattern) => Err(format!("{at} is not like {pattern}: {text:?}")),
        None => Ok(()),
    }
}

fn check_bounds(
    schema: &Value,
    number: Option<f64>,
    [least, most]: [&str; 2],
    at: &str,
) -> Result<(), String> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let number = number.unwrap_or_default();
    if bound(least).is_some_and(|least| number < least) {
        return Err(format!("{at} is below its {least}: {number}"));
    }
    if bound(most).is_some_and(|most| number > most) {
        return Err(format!("{at} is above its {most}: {number}"));
    }
    Ok(())
}

fn check_object(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let required = list(schema, "required").filter_map(Value::as_str);
    for name in required {
        if value.get(name).is_none() {
            return Err(format!("{at}.{name} is missing"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let known = schema.get("properties").and_then(|known| known.get(name));
        let others = schema.get("additionalProperties").filter(|o| o.is_object());
        if let Some(schema) = known.or(others) {
            check(document, schema, field, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}
