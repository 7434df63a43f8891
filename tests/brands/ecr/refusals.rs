//! AWS's refusals, and who is sent what.

use super::{World, describe, private};
use crate::support::brands::ecr::PRIVATE;
use crate::support::vendor::{Fault, Request};

/// An error as AWS gives it.
fn fault(status: u16, code: &str) -> Fault {
    let body = format!("{{\"__type\":\"{code}\",\"message\":\"Rate exceeded\"}}");
    let headers = [("x-amzn-ErrorType".to_owned(), code.to_owned())];
    Fault::Status(status, headers.into(), body)
}

fn call(operation: &'static str) -> impl Fn(&Request) -> bool {
    move |request: &Request| {
        let target = request.header("x-amz-target").unwrap_or_default();
        target.ends_with(operation)
    }
}

#[test]
fn throttled_calls_are_made_again() {
    let world = World::new();
    let digest = world.aws().store.push_image("app", Some("v1"), "one");
    world.aws().store.tag("app", &digest, "v2");
    for (nth, fault) in [
        (1, fault(400, "ThrottlingException")),
        (2, Fault::status(503, &[])),
        (3, Fault::Drop),
    ] {
        world.network.fault(nth, call("DescribeImages"), fault);
    }
    let (code, _, said) = world.run(&["untag", &private("app:v1")]);
    assert_eq!((code, said.as_str()), (0, ""));
    let looks = world.seen();
    let looks = looks
        .iter()
        .filter(|line| line.starts_with("DescribeImages"));
    assert_eq!(looks.count(), 4);
}

#[test]
fn throttling_that_does_not_end() {
    let world = World::new();
    world.aws().store.push_image("app", Some("v1"), "one");
    let always = fault(400, "ThrottlingException");
    world.network.fault_always(call("DescribeImages"), always);
    let done = world.run(&["untag", &private("app:v1"), "--retry-timeout", "0s"]);
    let said = format!(
        "dockside: error: {}: Amazon ECR limits requests (status 400): ThrottlingException: Rate \
         exceeded\n\
         dockside: hint: try again later\n",
        private("app:v1")
    );
    assert_eq!(done, (1, String::new(), said));
    assert_eq!(world.seen(), [format!("{} 400", describe("app", "v1"))]);
}

/// Which says nothing about who one is.
#[test]
fn a_login_at_a_service_that_is_down() {
    let world = World::new();
    let login = call("GetAuthorizationToken");
    world.network.fault_always(login, Fault::status(503, &[]));
    let (code, out, said) = world.run(&["login", "--oidc", PRIVATE]);
    let expected = "Amazon ECR refused (status 503)\n";
    assert_eq!((code, out.as_str()), (1, ""), "{said}");
    assert!(said.ends_with(expected), "{said}");
}

#[test]
fn keys_that_are_over_or_wrong() {
    for (key, code) in [
        (
            "AKIAOLD",
            "ExpiredTokenException: The security token is expired",
        ),
        (
            "AKIANONE",
            "UnrecognizedClientException: The security token included in the request is invalid.",
        ),
    ] {
        let mut world = World::new();
        world.aws().expired.insert("AKIAOLD".to_owned());
        world.set("AWS_ACCESS_KEY_ID", key);
        let done = world.run(&["untag", &private("app:v1")]);
        let said = format!(
            "dockside: error: {}: Amazon ECR does not know who asks (status 400): {code}\n\
             dockside: hint: log in again: the credential is wrong or has expired\n",
            private("app:v1")
        );
        assert_eq!(done, (4, String::new(), said));
    }
}

#[test]
fn no_answer_is_said_as_of_any_host() {
    let world = World::new();
    world.network.fault_always("api.ecr", Fault::Drop);
    let words = ["untag", &private("app:v1"), "--retry-timeout", "0s"];
    let (code, _, said) = world.run(&words);
    let expected = format!(
        "dockside: error: {}: no answer of Amazon ECR: POST \
         https://api.ecr.eu-central-1.amazonaws.com/ failed: the connection broke: ",
        private("app:v1")
    );
    assert_eq!(code, 1);
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn nobody_is_told_what_to_set() {
    let world = World::of_nobody();
    let (code, _, said) = world.run(&["untag", &private("app:v1")]);
    assert_eq!(code, 4);
    let expected = format!(
        "dockside: error: there is no identity to log in to {} with: AWS's variables and profiles, \
         and the endpoints of containers and machines have none; there is no ID token for the \
         audience sts.amazonaws.com: ",
        super::PRIVATE
    );
    assert!(said.starts_with(&expected), "{said}");
    let hint = "dockside: hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN \
                in a job with an ID token, or AWS_PROFILE\n";
    assert!(said.ends_with(hint), "{said}");
}

/// What a registry says of itself does not make it one of Amazon's.
#[test]
fn keys_go_to_amazon_only() {
    let mut world = World::new();
    world.set("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2");
    world.set("AWS_SESSION_TOKEN", "session-hunter2");
    let other = "012345678901.dkr.ecr.eu-central-1.amazonaws.com.example.com";
    let digest = format!("sha256:{}", "0".repeat(64));
    world.network.answer(other, move |request: &Request| {
        let answer = crate::support::vendor::Answer::new(200);
        match request.path.as_str() {
            "/v2/app/tags/list" => answer.json(&serde_json::json!({"name": "app", "tags": ["v1"]})),
            _ => answer
                .header("Server", "AmazonECR")
                .header("Docker-Content-Digest", &digest),
        }
    });
    let name = format!("{other}/app:v1");
    world.run(&["untag", &name]);
    world.run(&["delete", &name, "--with-siblings"]);
    let requests = world.network.requests();
    assert!(!requests.is_empty());
    for seen in requests {
        assert_eq!(seen.host, other);
        let text = format!("{:?}{}", seen.headers, String::from_utf8_lossy(&seen.body));
        for secret in ["AKIAJOB", "hunter2", "AWS4-HMAC"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
