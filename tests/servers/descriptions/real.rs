//! The vendors' own descriptions, where they are.

use super::{said, said_of_json};
use crate::support::spec::Spec;

const JSON: &str = "content-type: application/json";
const FORM: &str = "content-type: application/x-www-form-urlencoded";

#[test]
fn all_can_be_read() {
    for name in [
        "aws-ecr/ecr-2015-09-21.service-2.json",
        "aws-ecr/ecr-public-2020-10-30.service-2.json",
        "aws-ecr/sts-2011-06-15.trimmed.service-2.json",
        "azure-acr/acr-2019-07-15-preview.swagger.yaml",
        "dockerhub/hub-api.trimmed.yaml",
        "dockerhub/registry-1.trimmed.yaml",
        "dockerhub/undocumented.handwritten.yaml",
        "github/packages-api.github.com.json",
        "github/packages-ghes-3.19.json",
        "gitlab/registry-v1.handtrimmed.yaml",
        "gitlab/rest-v4-container-registry.handtrimmed.yaml",
        "google/artifactregistry.v1.discovery.json",
        "google/iamcredentials.v1.discovery.json",
        "google/sts.v1.discovery.json",
        "harbor/swagger.yaml",
        "nexus/openapi.trimmed.yaml",
        "quay/swagger.generated.json",
        "zot/swagger.json",
    ] {
        let Some(spec) = Spec::find(name) else {
            return;
        };
        assert_eq!(
            said(&spec, "GET /nowhere/at/all", &[], ""),
            "unknown path",
            "{name}"
        );
    }
}

#[test]
fn they_tell_right_from_wrong() {
    let find = |name: &str| Spec::find(name);
    if let Some(spec) = find("harbor/swagger.yaml") {
        let line = "GET /api/v2.0/projects/p/repositories/a%252Fb/artifacts";
        assert_eq!(
            said(
                &spec,
                &format!("{line}?with_tag=true&page_size=100"),
                &[],
                ""
            ),
            "ok"
        );
        let wrong = said(&spec, &format!("{line}?with_tags=true"), &[], "");
        assert_eq!(wrong, "parameter with_tags is unknown");
    }
    if let Some(spec) = find("dockerhub/hub-api.trimmed.yaml") {
        let line = "POST /v2/auth/token";
        let body = r#"{"identifier":"u","secret":"s"}"#;
        assert_eq!(said_of_json(&spec, line, body), "ok");
        assert_eq!(
            said_of_json(&spec, line, r#"{"identifier":"u"}"#),
            "body.secret is missing"
        );
    }
    if let Some(spec) = find("google/artifactregistry.v1.discovery.json") {
        let line =
            "POST /v1/projects/p/locations/l/repositories/r/packages/a%2Fb/versions:batchDelete";
        assert_eq!(said_of_json(&spec, line, r#"{"names":["n"]}"#), "ok");
        assert_eq!(
            said_of_json(&spec, line, r#"{"name":["n"]}"#),
            "body.name is unknown"
        );
    }
    if let Some(spec) = find("aws-ecr/ecr-2015-09-21.service-2.json") {
        let headers = [
            "x-amz-target: AmazonEC2ContainerRegistry_V20150921.BatchDeleteImage",
            "content-type: application/x-amz-json-1.1",
        ];
        let body = r#"{"repositoryName":"app","imageIds":[{"imageTag":"v1"}]}"#;
        assert_eq!(said(&spec, "POST /", &headers, body), "ok");
        let wrong = said(&spec, "POST /", &headers, r#"{"repositoryName":"app"}"#);
        assert_eq!(wrong, "body.imageIds is missing");
    }
    if let Some(spec) = find("azure-acr/acr-2019-07-15-preview.swagger.yaml") {
        let spec = spec.spanning(&["name"]);
        assert_eq!(said(&spec, "DELETE /acr/v1/a/b/_tags/v1", &[], ""), "ok");
        let form = "grant_type=access_token&service=s&access_token=t";
        assert_eq!(said(&spec, "POST /oauth2/exchange", &[FORM], form), "ok");
    }
    if let Some(spec) = find("quay/swagger.generated.json") {
        let spec = spec.spanning(&["repository"]);
        let line = "PUT /api/v1/repository/ns/repo/tag/v1";
        let body = r#"{"manifest_digest":"sha256:00"}"#;
        assert_eq!(said(&spec, line, &[JSON], body), "ok");
        let line = "GET /api/v1/repository/ns/repo/tag/?limit=x";
        assert_eq!(
            said(&spec, line, &[], ""),
            "parameter limit is not integer: \"x\""
        );
    }
}
