//! OpenAPI 3, in JSON.

use serde_json::json;

use super::{said, said_of_json};
use crate::support::spec::Spec;

fn spec() -> Spec {
    let document = json!({
        "openapi": "3.0.3",
        "servers": [{"url": "{protocol}://{host}/api/v3"}],
        "paths": {
            "/user/packages/{name}/versions/{id}": {
                "parameters": [{"$ref": "#/components/parameters/name"}],
                "delete": {
                    "parameters": [{"name": "id", "in": "path", "required": true,
                                    "schema": {"type": "integer"}}],
                },
            },
            "/user/packages/{name}/versions/latest": {"get": {}},
            "/user/token": {"post": {"requestBody": {"required": true, "content": {
                "application/json": {"schema": {"oneOf": [
                    {"$ref": "#/components/schemas/ByPassword"},
                    {"type": "object", "required": ["key"],
                     "properties": {"key": {"type": "string", "pattern": "^k-[0-9]+$"}}},
                ]}},
                "application/x-www-form-urlencoded": {"schema": {
                    "$ref": "#/components/schemas/ByPassword"}},
            }}}},
        },
        "components": {
            "parameters": {"name": {"name": "name", "in": "path", "required": true,
                                    "schema": {"type": "string"}}},
            "schemas": {"ByPassword": {
                "type": "object",
                "required": ["user", "password"],
                "properties": {
                    "user": {"type": "string"},
                    "password": {"type": "string", "nullable": true},
                    "hours": {"type": "integer", "maximum": 12},
                },
            }},
        },
    });
    Spec::parse(&document.to_string())
}

#[test]
fn paths() {
    let spec = spec();
    for (line, wrong) in [
        ("DELETE /api/v3/user/packages/a%2Fb/versions/7", "ok"),
        (
            "DELETE /api/v3/user/packages/a/b/versions/7",
            "unknown path",
        ),
        ("DELETE /user/packages/a/versions/7", "unknown path"),
        ("DELETE /api/v3/user/packages/a/versions/7/", "unknown path"),
        ("PUT /api/v3/user/packages/a/versions/7", "unknown method"),
        ("GET /api/v3/user/packages/a/versions/latest", "ok"),
        (
            "DELETE /api/v3/user/packages/a/versions/x",
            "path parameter id is not integer: \"x\"",
        ),
        (
            "DELETE /api/v3/user/packages/a/versions/7?force=1",
            "parameter force is unknown",
        ),
    ] {
        assert_eq!(said(&spec, line, &[], ""), wrong, "{line}");
    }
}

#[test]
fn bodies() {
    let spec = spec();
    let line = "POST /api/v3/user/token";
    for (body, wrong) in [
        (r#"{"user":"u","password":null,"hours":12}"#, "ok"),
        (r#"{"key":"k-1"}"#, "ok"),
        (r#"{"key":"x"}"#, "body.key is not like ^k-[0-9]+$: \"x\""),
        (r#"{"key":"k-1","user":"u"}"#, "body.user is unknown"),
        (r#"{"user":"u"}"#, "body.key is missing"),
    ] {
        assert_eq!(said_of_json(&spec, line, body), wrong, "{body}");
    }
    let form = |body: &str| {
        let headers = ["content-type: application/x-www-form-urlencoded"];
        said(&spec, line, &headers, body)
    };
    assert_eq!(form("user=u&password=p&hours=3"), "ok");
    assert_eq!(
        form("user=u&password=p&hours=13"),
        "body.hours is above its maximum: 13"
    );
    assert_eq!(form("user=u&pass=p"), "body.password is missing");
    assert_eq!(form("user=u&password=p&x=1"), "body.x is unknown");
}
