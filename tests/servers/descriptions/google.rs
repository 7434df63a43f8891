//! Google's discovery documents.

use serde_json::json;

use super::{said, said_of_json};
use crate::support::spec::Spec;

#[test]
fn requests() {
    let document = json!({
        "discoveryVersion": "v1",
        "servicePath": "",
        "parameters": {
            "alt": {"type": "string", "enum": ["json"], "location": "query"},
        },
        "schemas": {
            "Batch": {"type": "object", "properties": {
                "names": {"type": "array", "items": {"type": "string"}},
                "validateOnly": {"type": "boolean"},
                "policy": {"$ref": "Policy"},
            }},
            "Policy": {"type": "object", "properties": {
                "days": {"type": "integer", "format": "int32"},
                "bytes": {"type": "string", "format": "int64"},
            }},
        },
        "resources": {"projects": {"resources": {"images": {"methods": {
            "list": {
                "flatPath": "v1/projects/{projectsId}/images", "path": "v1/{+parent}/images",
                "httpMethod": "GET",
                "parameters": {
                    "parent": {"type": "string", "location": "path", "required": true},
                    "pageSize": {"type": "integer", "location": "query"},
                    "fields": {"type": "string", "location": "query", "repeated": true},
                },
            },
            "batchDelete": {
                "flatPath": "v1/projects/{projectsId}/images:batchDelete",
                "path": "v1/{+parent}/images:batchDelete",
                "httpMethod": "POST",
                "parameters": {
                    "parent": {"type": "string", "location": "path", "required": true},
                    "requestId": {"type": "string", "location": "query", "required": true},
                },
                "request": {"$ref": "Batch"},
            },
        }}}}},
    });
    let spec = Spec::parse(&document.to_string());
    for (line, wrong) in [
        (
            "GET /v1/projects/p/images?pageSize=10&alt=json&fields=a&fields=b",
            "ok",
        ),
        ("GET /v1/projects/p/image", "unknown path"),
        ("GET /v2/projects/p/images", "unknown path"),
        ("PUT /v1/projects/p/images", "unknown method"),
        (
            "GET /v1/projects/p/images?pageSize=x",
            "parameter pageSize is not integer: \"x\"",
        ),
        (
            "GET /v1/projects/p/images?parent=p",
            "parameter parent is unknown",
        ),
    ] {
        let headers = ["x-goog-user-project: p"];
        assert_eq!(said(&spec, line, &headers, ""), wrong, "{line}");
    }
    let line = "POST /v1/projects/p/images:batchDelete";
    assert_eq!(
        said_of_json(&spec, line, "{}"),
        "parameter requestId is missing"
    );
    let line = format!("{line}?requestId=1");
    for (body, wrong) in [
        (r#"{"names":["a"],"policy":{"days":1,"bytes":"5"}}"#, "ok"),
        (r#"{"names":"a"}"#, "body.names is not array: \"a\""),
        (r#"{"name":["a"]}"#, "body.name is unknown"),
        (
            r#"{"policy":{"bytes":5}}"#,
            "body.policy.bytes is not string: 5",
        ),
    ] {
        assert_eq!(said_of_json(&spec, &line, body), wrong, "{body}");
    }
}
