use std::time::Duration;

use super::fixture::token;
use crate::auth::Context;
use crate::env::Env;
use crate::http::Http;
use crate::report::Report;

fn context(variables: &[(&str, &str)]) -> Context {
    let env: Env = variables.iter().copied().collect();
    Context {
        http: Http::from_env(&env),
        env,
        report: Report::default(),
        retry_timeout: Duration::ZERO,
    }
}

async fn got(variables: &[(&str, &str)], audience: &str) -> Option<String> {
    let context = context(variables);
    let token = context.id_tokens().get(audience).await.unwrap();
    token.map(|token| token.expose().to_owned())
}

fn jwt(claims: &str) -> String {
    token(claims).expose().to_owned()
}

#[tokio::test]
async fn gitlabs_tokens_are_found_by_issuer_and_audience() {
    let issued = |claims: &str| jwt(&format!(r#"{{"iss": "https://gitlab.example", {claims}}}"#));
    let short = issued(r#""aud": "hub", "exp": 9000000000"#);
    let long = issued(r#""aud": ["aws", "hub"], "exp": 9000000001"#);
    let dead = issued(r#""aud": "dead", "exp": 1"#);
    let foreign = jwt(r#"{"iss": "https://evil.example", "aud": "quay", "exp": 9000000000}"#);
    let variables = [
        ("GITLAB_CI", "true"),
        ("CI_SERVER_URL", "https://gitlab.example/"),
        ("A_TOKEN", &short),
        ("B_TOKEN", &long),
        ("DEAD_TOKEN", &dead),
        ("FOREIGN_TOKEN", &foreign),
        ("NO_TOKEN", "eyJ.eyJ.eyJ"),
    ];
    assert_eq!(got(&variables, "hub").await, Some(long.clone()));
    assert_eq!(got(&variables, "aws").await, Some(long));
    for audience in ["dead", "quay", "none", ""] {
        assert_eq!(got(&variables, audience).await, None, "{audience}");
    }
    assert!(context(&variables).id_tokens().are_present());
    assert!(!context(&variables[1..]).id_tokens().are_present());
}

#[tokio::test]
async fn the_users_own_token_is_taken_or_named() {
    let token = jwt(r#"{"aud": "x", "exp": 9000000000}"#);
    let given = [("DOCKSIDE_ID_TOKEN", token.as_str())];
    assert_eq!(got(&given, "x").await, Some(token.clone()));
    assert_eq!(got(&given, "").await, Some(token.clone()));
    assert_eq!(got(&given, "y").await, None);
    let named = [("DOCKSIDE_ID_TOKEN", "MINE"), ("MINE", token.as_str())];
    assert_eq!(got(&named, "x").await, Some(token.clone()));
    let missing = context(&given).id_tokens().missing("y");
    assert_eq!(
        missing,
        "the token in DOCKSIDE_ID_TOKEN is for the audience x; there is no ID token for the \
         audience y: neither in DOCKSIDE_ID_TOKEN nor from a known CI system"
    );
}

#[tokio::test]
async fn tokens_of_one_audience_are_for_no_other() {
    let token = jwt(r#"{"aud": "workspace", "exp": 9000000000}"#);
    for variable in ["BITBUCKET_STEP_OIDC_TOKEN", "CIRRUS_OIDC_TOKEN"] {
        let variables = [(variable, token.as_str())];
        assert_eq!(got(&variables, "workspace").await, Some(token.clone()));
        assert_eq!(got(&variables, "").await, Some(token.clone()));
        assert_eq!(got(&variables, "other").await, None);
    }
    let circle = [("CIRCLE_OIDC_TOKEN", token.as_str())];
    assert_eq!(got(&circle, "workspace").await, Some(token));
    let azure = [
        ("SYSTEM_OIDCREQUESTURI", "https://azure.example/"),
        ("SYSTEM_ACCESSTOKEN", "t"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "id"),
    ];
    assert_eq!(got(&azure, "https://identity.docker.com").await, None);
}

#[tokio::test]
async fn no_token_is_asked_for_in_plain_http() {
    let variables = [
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "http://ci.example/token?x=1",
        ),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret"),
    ];
    let error = context(&variables).id_tokens().get("x").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the CI system's ID token service is at http://ci.example/token, and no secret is sent \
         in plain HTTP"
    );
}

#[test]
fn what_is_missing_is_said() {
    let missing = |variables: &[(&str, &str)]| context(variables).id_tokens().missing("x");
    assert_eq!(
        missing(&[("GITHUB_ACTIONS", "true")]),
        "this job of github has no ID token for the audience x (the job needs \
         `permissions: id-token: write`)"
    );
}
