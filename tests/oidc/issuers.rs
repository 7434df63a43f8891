//! CI systems whose ID tokens come from a service or a program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use dockside::auth::Context;
use dockside::env::Env;
use dockside::error::Failure;
use dockside::http::Http;
use dockside::report::Report;

use super::job::{id_token, jwt};
use crate::support::job::text;
use crate::support::vendor::{Answer, Network, Request};

/// The token of an environment for an audience, or why there is none.
fn token(variables: Vec<(String, String)>, audience: &str) -> Result<Option<String>, String> {
    let env: Env = variables.into_iter().collect();
    let context = Context {
        http: Http::from_env(&env),
        env,
        report: Report::default(),
        retry_timeout: std::time::Duration::ZERO,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let token = runtime.block_on(context.id_tokens().get(audience));
    token
        .map(|token| token.map(|token| token.expose().to_owned()))
        .map_err(|error| Failure::from(error).message())
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(pair).collect()
}

#[test]
fn azure_pipelines() {
    const AUDIENCE: &str = "api://AzureADTokenExchange";
    let network = Network::start();
    let given = id_token(AUDIENCE);
    network.answer("azure.example", {
        let given = given.clone();
        move |request: &Request| {
            assert_eq!(request.bearer().as_deref(), Some("access"));
            assert_eq!(text(&request.body), "{}");
            assert_eq!(request.header("content-type"), Some("application/json"));
            Answer::new(200).json(&json!({"oidcToken": given}))
        }
    });
    let mut variables = network.environment();
    variables.extend(owned(&[
        ("TF_BUILD", "True"),
        ("SYSTEM_OIDCREQUESTURI", "https://azure.example/o/oidctoken"),
        ("SYSTEM_ACCESSTOKEN", "access"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c 1&x"),
    ]));
    assert_eq!(token(variables.clone(), "other"), Ok(None));
    assert_eq!(network.seen(), [""; 0]);
    assert_eq!(token(variables, AUDIENCE), Ok(Some(given)));
    assert_eq!(
        network.seen(),
        ["POST azure.example/o/oidctoken?api-version=7.1&serviceConnectionId=c+1%26x 200"]
    );
}

#[test]
fn a_token_for_another_audience_is_none() {
    let network = Network::start();
    network.answer("ci.example", |_: &Request| {
        Answer::new(200).json(&json!({"value": jwt(&json!({"aud": "evil"}))}))
    });
    let mut variables = network.environment();
    variables.extend(owned(&[
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://ci.example/?x"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ]));
    assert_eq!(token(variables, "aws"), Ok(None));
}

/// A program that prints what the script says; its environment is that of the tests.
fn program(directory: &Path, name: &str, script: &str) -> Vec<(String, String)> {
    let path = directory.join(name);
    let aside = directory.join("aside");
    fs::write(&aside, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
    // A copy by another process: one that is open for writing here cannot be started.
    let mut copy = std::process::Command::new("cp");
    copy.arg("-p").arg(&aside).arg(&path);
    assert!(copy.status().unwrap().success());
    let path = format!("{}:/usr/bin:/bin", directory.display());
    vec![("PATH".to_owned(), path)]
}

#[test]
fn circleci_and_buildkite() {
    let directory = tempfile::tempdir().unwrap();
    let given = id_token("x\"y");
    let echo = format!(
        "printf '%s\\n' \"$@\" >'{0}/asked'; echo '{given}'",
        directory.path().display()
    );
    let asked = || fs::read_to_string(directory.path().join("asked")).unwrap();

    let mut circle = program(directory.path(), "circleci", &echo);
    circle.extend(owned(&[
        ("CIRCLECI", "true"),
        ("CIRCLE_OIDC_TOKEN_V2", &id_token("organisation")),
    ]));
    assert_eq!(token(circle, "x\"y"), Ok(Some(given.clone())));
    assert_eq!(asked(), "run\noidc\nget\n--claims\n{\"aud\":\"x\\\"y\"}\n");

    let mut buildkite = program(directory.path(), "buildkite-agent", &echo);
    buildkite.extend(owned(&[
        ("BUILDKITE", "true"),
        ("BUILDKITE_AGENT_ACCESS_TOKEN", "t"),
    ]));
    assert_eq!(token(buildkite.clone(), "x\"y"), Ok(Some(given)));
    assert_eq!(asked(), "oidc\nrequest-token\n--audience\nx\"y\n");

    program(
        directory.path(),
        "buildkite-agent",
        "echo secret; echo 'no such job' >&2; exit 3",
    );
    assert_eq!(
        token(buildkite.clone(), "x"),
        Err("no ID token from buildkite-agent: exit status: 3: no such job".to_owned())
    );
    program(directory.path(), "buildkite-agent", "echo two words");
    assert_eq!(
        token(buildkite, "x"),
        Err("no ID token from buildkite-agent: it printed something else than a token".to_owned())
    );
}
