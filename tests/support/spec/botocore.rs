//! Service models of botocore, as far as requests in JSON (`X-Amz-Target`) and forms (`Action`) go.

use serde_json::{Map, Value, json};

use super::Spec;
use super::document::{fields, list};
use super::operation::{Body, FORM, Name, Operation, Place};

/// Reads a description.
pub fn load(document: Value) -> Spec {
    let metadata = document["metadata"].clone();
    let shapes = fields(&document, "shapes");
    let shapes = shapes.map(|(name, shape)| (name.clone(), schema(shape)));
    let shapes = json!({"shapes": shapes.collect::<Map<_, _>>()});
    let is_query = metadata["protocol"] == "query";
    let operations = fields(&document, "operations").map(|(name, described)| {
        let input = match described["input"]["shape"].as_str() {
            Some(shape) => json!({"$ref": format!("#/shapes/{shape}")}),
            None => json!({"type": "object"}),
        };
        let mut operation = Operation::new("POST", "/");
        operation.name = Some(if is_query {
            operation.body = body(FORM, form(&shapes, &input, &metadata));
            named(Place::Form, "Action", name.clone())
        } else {
            let version = metadata["jsonVersion"].as_str().unwrap_or("1.1");
            operation.body = body(&format!("application/x-amz-json-{version}"), input);
            let prefix = metadata["targetPrefix"].as_str().unwrap_or_default();
            named(Place::Header, "x-amz-target", format!("{prefix}.{name}"))
        });
        operation
    });
    let spec = Spec {
        operations: operations.collect(),
        document: shapes,
        base: String::new(),
        spanning: Vec::new(),
        headers: vec!["x-amz-*".to_owned(), "amz-sdk-*".to_owned()],
    };
    spec.matching()
}

fn named(place: Place, key: &'static str, value: String) -> Name {
    Name { place, key, value }
}

fn body(media_type: &str, schema: Value) -> Body {
    Body::Typed {
        required: true,
        types: vec![(media_type.to_owned(), schema)],
    }
}

/// A shape as a schema. Its pattern is left out: the vendor checks it in a dialect of its own.
fn schema(shape: &Value) -> Value {
    let reference = |shape: &Value| {
        let name = shape["shape"].as_str().unwrap_or_default();
        json!({"$ref": format!("#/shapes/{name}")})
    };
    let bounds = |least: &str, most: &str, kind: &str| {
        let mut schema = json!({"type": kind});
        for (from, to) in [("min", least), ("max", most), ("enum", "enum")] {
            if let Some(value) = shape.get(from) {
                schema[to] = value.clone();
            }
        }
        schema
    };
    match shape["type"].as_str().unwrap_or_default() {
        "structure" => {
            let members = fields(shape, "members");
            let members = members.map(|(name, member)| (name.clone(), reference(member)));
            let required: Vec<&Value> = list(shape, "required").collect();
            json!({
                "type": "object", "properties": members.collect::<Map<_, _>>(),
                "required": required, "additionalProperties": false,
            })
        }
        "list" => {
            let mut schema = bounds("minItems", "maxItems", "array");
            schema["items"] = reference(&shape["member"]);
            schema
        }
        "map" => json!({"type": "object", "additionalProperties": reference(&shape["value"])}),
        "string" => bounds("minLength", "maxLength", "string"),
        "integer" | "long" => bounds("minimum", "maximum", "integer"),
        "float" | "double" | "timestamp" => json!({"type": "number"}),
        "boolean" => json!({"type": "boolean"}),
        _ => json!({"type": "string"}),
    }
}

/// What a form holds beside the members of its input: the operation and the version. A list's
/// items are fields such as `PolicyArns.member.1.arn`, which are not described one by one.
fn form(shapes: &Value, input: &Value, metadata: &Value) -> Value {
    let mut schema = super::document::resolve(shapes, input).clone();
    schema["properties"]["Action"] = json!({"type": "string"});
    schema["properties"]["Version"] = json!({"enum": [metadata["apiVersion"]]});
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let required = required
        .into_iter()
        .chain([json!("Action"), json!("Version")]);
    schema["required"] = required.collect();
    schema
}
