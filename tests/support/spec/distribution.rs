//! The distribution API, which every brand has and most leave out of their own descriptions
//! (Harbor, Quay, Nexus, GitLab, Google, Amazon, GitHub). zot describes all of it, so what is
//! below `/v2/` at any of them is held against that.

use dockside::oci::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::Spec;
use super::operation::{Body, Operation, Parameter, Place};

impl Spec {
    /// zot's description, put right where the distribution specification, and zot itself, say
    /// something else.
    pub fn distribution() -> Option<Self> {
        let mut spec = Self::find("zot/swagger.json")?;
        for operation in &mut spec.operations {
            correct(operation);
        }
        // zot's search, which is GraphQL in a parameter, is not described.
        let mut search = Operation::new("get", "/v2/_zot/ext/search");
        search
            .parameters
            .push(parameter("query", Place::Query, true));
        spec.operations.push(search);
        Some(spec.spanning(&["name"]))
    }
}

fn correct(operation: &mut Operation) {
    let template = operation.template.clone();
    // A page has as many tags as the registry likes unless the client says something.
    if template.ends_with("/tags/list") {
        for parameter in &mut operation.parameters {
            parameter.required &= parameter.place != Place::Query;
        }
    }
    if template.ends_with("/blobs/uploads") {
        operation.template.push('/');
        let from = parameter("from", Place::Query, false);
        operation.parameters.push(from);
    }
    // Parts of blobs, and manifests, for which the description has no words.
    let parts = ["range", "content-range"].map(|name| parameter(name, Place::Header, false));
    if template.contains("/blobs/") {
        operation.parameters.extend(parts);
    }
    if matches!(operation.method.as_str(), "PUT" | "PATCH" | "POST") && template.contains("{name}")
    {
        let types = match template.contains("/manifests/") {
            true => &[OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST][..],
            false => &["application/octet-stream"],
        };
        let typed = |name: &&str| ((*name).to_owned(), Value::Null);
        operation.body = Body::Typed {
            required: template.contains("/manifests/"),
            types: types.iter().map(typed).collect(),
        };
    }
}

fn parameter(name: &str, place: Place, required: bool) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place,
        required,
        schema: json!({"type": "string"}),
    }
}
