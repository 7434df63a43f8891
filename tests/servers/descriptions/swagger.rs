//! Swagger 2.0, in YAML.

use super::{said, said_of_json};
use crate::support::spec::Spec;

const SWAGGER: &str = r"
swagger: '2.0'
basePath: /api/v2.0
consumes: [application/json]
securityDefinitions:
  token: {type: apiKey, in: header, name: X-Token}
parameters:
  project: {name: project, in: path, required: true, type: string, minLength: 2}
paths:
  /projects/{project}/artifacts:
    parameters:
      - $ref: '#/parameters/project'
    get:
      parameters:
        - {name: page, in: query, type: integer, minimum: 1}
        - {name: with_tag, in: query, type: boolean}
        - {name: sort, in: query, type: string, enum: [name, time]}
        - {name: ids, in: query, type: array, items: {type: integer}}
        - {name: digest, in: query, type: string, required: true}
        - {name: X-Request-Id, in: header, type: string, required: true}
    post:
      parameters:
        - {name: artifact, in: body, required: true, schema: {$ref: '#/definitions/Artifact'}}
  /oauth2/token:
    post:
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: grant_type, in: formData, required: true, type: string, enum: [password]}
        - {name: scope, in: formData, type: string}
definitions:
  Artifact:
    type: object
    required: [name]
    properties:
      name: {type: string, maxLength: 4}
      labels: {type: array, items: {$ref: '#/definitions/Label'}}
      more: {type: object, additionalProperties: {type: string}}
      size: {type: integer, x-nullable: true}
  Label:
    allOf:
      - type: object
        properties: {id: {type: integer}}
      - type: object
        required: [colour]
        properties: {colour: {type: string}}
";

#[test]
fn parameters() {
    let spec = Spec::parse(SWAGGER);
    let get = |line: &str| {
        let line = format!("GET /api/v2.0/projects/{line}");
        said(&spec, &line, &["x-request-id: 1", "x-token: t"], "")
    };
    assert_eq!(
        get("app/artifacts?digest=d&page=1&with_tag=true&sort=time&ids=1,2"),
        "ok"
    );
    assert_eq!(get("app/artifacts?digest=d&ids=1&ids=2"), "ok");
    for (line, wrong) in [
        ("app", "unknown path"),
        ("a/b/artifacts?digest=d", "unknown path"),
        (
            "a/artifacts?digest=d",
            "path parameter project is below its minLength: 1",
        ),
        ("app/artifacts", "parameter digest is missing"),
        (
            "app/artifacts?digest=d&digest=e",
            "parameter digest is given twice",
        ),
        ("app/artifacts?digest=d&size=1", "parameter size is unknown"),
        (
            "app/artifacts?digest=d&page=x",
            "parameter page is not integer: \"x\"",
        ),
        (
            "app/artifacts?digest=d&page=0",
            "parameter page is below its minimum: 0",
        ),
        (
            "app/artifacts?digest=d&with_tag=1",
            "parameter with_tag is not boolean: \"1\"",
        ),
        (
            "app/artifacts?digest=d&sort=size",
            "parameter sort is none of [\"name\",\"time\"]: \"size\"",
        ),
        (
            "app/artifacts?digest=d&ids=1,x",
            "parameter ids[1] is not integer: \"x\"",
        ),
    ] {
        assert_eq!(get(line), wrong, "{line}");
    }
    let line = "GET /api/v2.0/projects/app/artifacts?digest=d";
    assert_eq!(said(&spec, line, &[], ""), "header X-Request-Id is missing");
    let headers = ["x-request-id: 1", "x-other: 1"];
    assert_eq!(said(&spec, line, &headers, ""), "unknown header x-other");
    let loose = Spec::parse(SWAGGER).header("x-o*").base("/other");
    assert_eq!(said(&loose, line, &headers, ""), "unknown path");
    let line = "GET /other/projects/app/artifacts?digest=d";
    assert_eq!(said(&loose, line, &headers, ""), "ok");
    let line = "DELETE /api/v2.0/projects/app/artifacts";
    assert_eq!(said(&spec, line, &[], ""), "unknown method");
    let wide = Spec::parse(SWAGGER).spanning(&["project"]);
    let line = "GET /api/v2.0/projects/a/b/artifacts?digest=d";
    assert_eq!(said(&wide, line, &["x-request-id: 1"], ""), "ok");
}

#[test]
fn bodies() {
    let spec = Spec::parse(SWAGGER);
    let line = "POST /api/v2.0/projects/app/artifacts";
    for (body, wrong) in [
        (
            r#"{"name":"a","labels":[{"id":1,"colour":"red"}],"more":{"a":"b"},"size":null}"#,
            "ok",
        ),
        ("", "the body is missing"),
        (
            "{",
            "the body is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        ("[]", "body is not object: []"),
        ("{}", "body.name is missing"),
        (r#"{"name":1}"#, "body.name is not string: 1"),
        (r#"{"name":"abcde"}"#, "body.name is above its maxLength: 5"),
        (r#"{"name":null}"#, "body.name is not string: null"),
        (r#"{"name":"a","nme":"a"}"#, "body.nme is unknown"),
        (
            r#"{"name":"a","labels":[{"id":1}]}"#,
            "body.labels[0].colour is missing",
        ),
        (
            r#"{"name":"a","labels":[{"colour":"red","x":1}]}"#,
            "body.labels[0].x is unknown",
        ),
        (
            r#"{"name":"a","more":{"a":1}}"#,
            "body.more.a is not string: 1",
        ),
    ] {
        assert_eq!(said_of_json(&spec, line, body), wrong, "{body}");
    }
    assert_eq!(
        said(&spec, line, &["content-type: text/plain"], "{}"),
        "the body has the unknown type \"text/plain\""
    );
    let line = "GET /api/v2.0/projects/app/artifacts?digest=d";
    let headers = ["x-request-id: 1"];
    assert_eq!(said(&spec, line, &headers, "{}"), "a body is unknown");
}

#[test]
fn forms() {
    let spec = Spec::parse(SWAGGER);
    let form = |body: &str| {
        let headers = ["content-type: application/x-www-form-urlencoded; charset=utf-8"];
        said(&spec, "POST /api/v2.0/oauth2/token", &headers, body)
    };
    assert_eq!(form("grant_type=password&scope=a%20b"), "ok");
    assert_eq!(form("scope=a"), "field grant_type is missing");
    assert_eq!(form("grant_type=password&x=1"), "field x is unknown");
    assert_eq!(
        form("grant_type=other"),
        "field grant_type is none of [\"password\"]: \"other\""
    );
    assert_eq!(
        said_of_json(&spec, "POST /api/v2.0/oauth2/token", "{}"),
        "the body is not a form: \"application/json\""
    );
}
