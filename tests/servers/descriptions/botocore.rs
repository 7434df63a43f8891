//! Service models of botocore.

use serde_json::{Value, json};

use super::said;
use crate::support::spec::Spec;

fn spec(metadata: Value) -> Spec {
    let document = json!({
        "metadata": metadata,
        "operations": {
            "Delete": {"http": {"method": "POST", "requestUri": "/"},
                       "input": {"shape": "DeleteRequest"}},
            "Who": {"http": {"method": "POST", "requestUri": "/"}},
        },
        "shapes": {
            "DeleteRequest": {"type": "structure", "required": ["name"], "members": {
                "name": {"shape": "Name"}, "ids": {"shape": "Ids"}, "force": {"shape": "Force"},
                "seconds": {"shape": "Seconds"},
            }},
            "Name": {"type": "string", "min": 2, "max": 5, "pattern": "[a-z]+"},
            "Ids": {"type": "list", "member": {"shape": "Id"}, "max": 2},
            "Id": {"type": "structure", "members": {"tag": {"shape": "Name"}}},
            "Force": {"type": "boolean"},
            "Seconds": {"type": "integer", "min": 900},
        },
    });
    Spec::parse(&document.to_string())
}

#[test]
fn requests_in_json() {
    let spec = spec(json!({"protocol": "json", "jsonVersion": "1.1", "targetPrefix": "V1"}));
    let call = |operation: &str, body: &str| {
        let target = format!("x-amz-target: V1.{operation}");
        let headers = [target.as_str(), "content-type: application/x-amz-json-1.1"];
        said(&spec, "POST /", &headers, body)
    };
    for (body, wrong) in [
        (r#"{"name":"app","ids":[{"tag":"v1"}],"force":true}"#, "ok"),
        ("{}", "body.name is missing"),
        (r#"{"name":"a"}"#, "body.name is below its minLength: 1"),
        (r#"{"name":7}"#, "body.name is not string: 7"),
        (r#"{"name":"app","Force":true}"#, "body.Force is unknown"),
        (
            r#"{"name":"app","ids":[{"digest":"d"}]}"#,
            "body.ids[0].digest is unknown",
        ),
        (
            r#"{"name":"app","ids":[{},{},{}]}"#,
            "body.ids is above its maxItems: 3",
        ),
    ] {
        assert_eq!(call("Delete", body), wrong, "{body}");
    }
    assert_eq!(call("Remove", "{}"), "unknown operation");
    assert_eq!(call("Who", "{}"), "ok");
    assert_eq!(said(&spec, "GET /", &[], ""), "unknown method");
    assert_eq!(said(&spec, "POST /x", &[], ""), "unknown path");
}

#[test]
fn requests_in_forms() {
    let spec = spec(json!({"protocol": "query", "apiVersion": "2011-06-15"}));
    let call = |body: &str| {
        let headers = ["content-type: application/x-www-form-urlencoded"];
        said(&spec, "POST /", &headers, body)
    };
    for (body, wrong) in [
        (
            "Action=Delete&Version=2011-06-15&name=app&seconds=900",
            "ok",
        ),
        ("Action=Who&Version=2011-06-15", "ok"),
        ("Action=Remove&Version=2011-06-15", "unknown operation"),
        ("Action=Delete&Version=2011-06-15", "body.name is missing"),
        (
            "Action=Delete&Version=2010-01-01&name=app",
            "body.Version is none of [\"2011-06-15\"]: \"2010-01-01\"",
        ),
        (
            "Action=Delete&Version=2011-06-15&name=app&seconds=899",
            "body.seconds is below its minimum: 899",
        ),
        (
            "Action=Delete&Version=2011-06-15&name=app&days=1",
            "body.days is unknown",
        ),
    ] {
        assert_eq!(call(body), wrong, "{body}");
    }
}
