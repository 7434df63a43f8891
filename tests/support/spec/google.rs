//! Google's discovery documents.

use serde_json::Value;

use super::Spec;
use super::document::fields;
use super::operation::{Body, Operation, Parameter, Place};

/// Reads a description.
pub fn load(mut document: Value) -> Spec {
    point(&mut document);
    let base = format!("/{}", document["servicePath"].as_str().unwrap_or_default());
    let mut operations = Vec::new();
    collect(&document, &document, &mut operations);
    let spec = Spec {
        operations,
        document,
        base,
        spanning: Vec::new(),
        headers: vec!["x-goog-*".to_owned()],
    };
    spec.matching()
}

/// Schemas refer to each other by name: that becomes a pointer.
fn point(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(name)) = fields.get_mut("$ref") {
                *name = format!("#/schemas/{name}");
            }
            fields.values_mut().for_each(point);
        }
        Value::Array(items) => items.iter_mut().for_each(point),
        _ => {}
    }
}

fn collect(document: &Value, resource: &Value, operations: &mut Vec<Operation>) {
    for (_, method) in fields(resource, "methods") {
        operations.push(operation(document, method));
    }
    for (_, inner) in fields(resource, "resources") {
        collect(document, inner, operations);
    }
}

fn operation(document: &Value, method: &Value) -> Operation {
    let text = |name: &str| method[name].as_str();
    let path = text("flatPath").or(text("path")).unwrap_or_default();
    let mut operation = Operation::new(text("httpMethod").unwrap_or_default(), path);
    let parameters = fields(method, "parameters").chain(fields(document, "parameters"));
    // The flat path has other names: `projects/{projectsId}` for `{+name}`.
    let parameters = parameters.filter(|(_, parameter)| parameter["location"] == "query");
    operation.parameters = parameters
        .map(|(name, parameter)| query(name, parameter))
        .collect();
    if let Some(schema) = method.get("request") {
        operation.body = Body::Typed {
            required: false,
            types: vec![("application/json".to_owned(), schema.clone())],
        };
    }
    operation
}

fn query(name: &str, parameter: &Value) -> Parameter {
    let is = |name: &str| parameter[name] == Value::Bool(true);
    let mut schema = parameter.clone();
    let required = is("required");
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("required");
    }
    let schema = match is("repeated") {
        true => serde_json::json!({"type": "array", "items": schema}),
        false => schema,
    };
    Parameter {
        name: name.to_owned(),
        place: Place::Query,
        required,
        schema,
    }
}
