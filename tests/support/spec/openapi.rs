//! Swagger 2.0 and OpenAPI 3.

use serde_json::{Map, Value};

use super::Spec;
use super::document::{fields, list, resolve};
use super::operation::{Body, FORM, Operation, Parameter, Place};

const METHODS: [&str; 6] = ["get", "head", "put", "post", "patch", "delete"];

/// Reads a description.
pub fn load(document: Value) -> Spec {
    let base = match document["servers"][0]["url"].as_str() {
        Some(url) => path_of(url),
        None => document["basePath"].as_str().unwrap_or_default(),
    };
    let base = base.trim_end_matches('/').to_owned();
    let schemes = fields(&document, "securityDefinitions")
        .chain(fields(&document["components"], "securitySchemes"));
    let headers = schemes.filter(|(_, scheme)| scheme["in"] == "header");
    let headers = headers.filter_map(|(_, scheme)| scheme["name"].as_str());
    let headers = headers.map(str::to_ascii_lowercase).collect();
    let mut operations = Vec::new();
    for (path, item) in fields(&document, "paths") {
        for method in METHODS {
            if let Some(described) = item.get(method) {
                operations.push(operation(&document, method, path, item, described));
            }
        }
    }
    let spec = Spec {
        operations,
        document,
        base,
        spanning: Vec::new(),
        headers,
    };
    spec.matching()
}

/// The path of a URL whose scheme and host may be variables.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

fn operation(
    document: &Value,
    method: &str,
    path: &str,
    item: &Value,
    described: &Value,
) -> Operation {
    let mut operation = Operation::new(method, path);
    let own = list(described, "parameters");
    // Those of the operation first: they replace those of the path.
    for parameter in own.chain(list(item, "parameters")) {
        let parameter = resolve(document, parameter);
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = match parameter["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") => Place::Header,
            Some("formData") => Place::Form,
            Some("body") => {
                operation.body = body_of_swagger(document, described, parameter);
                continue;
            }
            other => panic!("{path} has a parameter in {other:?}"),
        };
        let known = operation.parameters.iter();
        if known
            .clone()
            .any(|known| known.name == name && known.place == place)
        {
            continue;
        }
        // Swagger has the schema of a parameter in the parameter.
        let schema = parameter.get("schema").cloned();
        let schema = schema.unwrap_or_else(|| without_required(parameter));
        operation.parameters.push(Parameter {
            name: name.to_owned(),
            place,
            required: is_required(parameter),
            schema,
        });
    }
    if operation
        .parameters
        .iter()
        .any(|own| own.place == Place::Form)
    {
        operation.body = Body::Form;
    }
    if let Some(body) = described.get("requestBody") {
        let body = resolve(document, body);
        let types = fields(body, "content");
        operation.body = Body::Typed {
            required: is_required(body),
            types: types
                .map(|(name, media)| (name.clone(), media["schema"].clone()))
                .collect(),
        };
    }
    operation
}

fn is_required(value: &Value) -> bool {
    value["required"] == Value::Bool(true)
}

/// In a parameter `required` is not the list that it is in a schema.
fn without_required(parameter: &Value) -> Value {
    let fields = parameter.as_object().cloned().unwrap_or_default();
    let fields = fields.into_iter().filter(|(name, _)| name != "required");
    Value::Object(fields.collect::<Map<_, _>>())
}

fn body_of_swagger(document: &Value, described: &Value, parameter: &Value) -> Body {
    let consumes = list(described, "consumes").chain(list(document, "consumes"));
    let consumes = consumes
        .filter_map(Value::as_str)
        .filter(|name| *name != FORM);
    let mut types: Vec<String> = consumes.map(str::to_owned).collect();
    if types.is_empty() {
        types.push("application/json".to_owned());
    }
    let schema = &parameter["schema"];
    Body::Typed {
        required: is_required(parameter),
        types: types
            .into_iter()
            .map(|name| (name, schema.clone()))
            .collect(),
    }
}
