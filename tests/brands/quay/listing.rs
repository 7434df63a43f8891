//! Lists of tags.

use serde_json::{Value, json};

use super::Stage;
use crate::brands::commands::{fill, lists_all};
use crate::support::brands::quay::READER;
use crate::support::vendor::Fault;

const NAME: &str = "quay.io/acme/app";
const WORDS: [&str; 5] = ["tags", "--long", NAME, "--output", "json"];
const PAGE: &str = "/api/v1/repository/acme/app/tag/?onlyActiveTags=true&limit=100&page=";

fn names(output: &str) -> Vec<String> {
    let read: Value = serde_json::from_str(output).unwrap();
    let tags = read["tags"].as_array().unwrap().iter();
    tags.map(|tag| tag["tag"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn list_says_what_the_api_says() {
    let stage = Stage::admin();
    stage.quay().private.insert("acme/app".to_owned());
    let digest = stage.push("one", &["v1"]);
    let index = stage
        .quay()
        .store
        .push_index("acme/app", Some("multi"), &[&digest]);
    stage.quay().keep("v1");
    stage.quay().expiring.insert("v1".to_owned(), 1_800_000_000);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    let size = stage.quay().store.manifests("acme/app")[0].size();
    let bare = json!({
        "media_type": null, "artifact_type": null, "created": null, "platforms": null,
    });
    let tag = |more: Value| {
        let mut all = bare.clone();
        let more = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        all
    };
    let expected = json!({"repository": NAME, "tags": [
        tag(json!({"tag": "multi", "digest": index, "size": null, "protected": false,
            "pushed": "2023-11-14T22:13:24Z"})),
        tag(json!({"tag": "v1", "digest": digest, "size": size, "protected": true,
            "pushed": "2023-11-14T22:13:22Z", "expires": "2027-01-15T08:00:00Z"})),
    ]});
    let read: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(read, expected);
    assert_eq!(stage.network.seen(), [format!("GET quay.io{PAGE}1 200")]);
}

#[test]
fn list_of_ten_thousand_tags() {
    let stage = Stage::admin();
    fill(&mut stage.quay().store, "acme/app");
    let listed = stage.run(&["tags", "--long", NAME]);
    lists_all(&stage.quay().store, "acme/app", &listed);
    assert_eq!(stage.network.seen().len(), 100);
}

#[test]
fn list_takes_a_request_for_a_hundred_tags() {
    let stage = Stage::admin();
    let tags: Vec<String> = (0..250).map(|n| format!("t{n:03}")).collect();
    stage.push("one", &tags.iter().map(String::as_str).collect::<Vec<_>>());
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), tags.into_iter().rev().collect::<Vec<_>>());
    let pages = [1, 2, 3].map(|n| format!("GET {PAGE}{n} 200"));
    assert_eq!(stage.seen(), pages);
}

/// Robots have the distribution API alone, whose list has pages too.
#[test]
fn list_of_a_robot() {
    let stage = Stage::robot();
    stage.quay().private.insert("acme/app".to_owned());
    let tags: Vec<String> = (0..150).map(|n| format!("t{n:03}")).collect();
    stage.push("one", &tags.iter().map(String::as_str).collect::<Vec<_>>());
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), tags);
    let seen = stage.seen();
    let lists: Vec<_> = seen
        .iter()
        .filter(|line| line.contains("tags/list"))
        .collect();
    assert_eq!(
        lists,
        [
            "GET /v2/acme/app/tags/list 200",
            "GET /v2/acme/app/tags/list?last=t099&n=100 200"
        ]
    );
    let rest = stage.network.seen();
    let rest: Vec<_> = rest.iter().filter(|line| line.contains("/api/")).collect();
    assert_eq!(rest, [&format!("GET quay.io{PAGE}1 401")]);
}

#[test]
fn list_without_an_end_is_no_list() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    stage.quay().endless = true;
    let (code, output, said) = stage.run(&WORDS);
    let expected = format!(
        "dockside: error: {NAME}: Quay answered something else than it should (line 1)\n\
         dockside: hint: is something else at that address, or a proxy on the way?\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
    assert_eq!(stage.seen().len(), 2);
}

#[test]
fn list_of_odd_pages_is_whole() {
    let stage = Stage::admin();
    stage.quay().page = 2;
    stage.push("one", &["a", "b", "c", "d", "e"]);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), ["e", "d", "c", "b", "a"]);
}

#[test]
fn list_with_a_token_that_is_not_believed() {
    let stage = Stage::new();
    stage.push("one", &["v1"]);
    let variables = [("WERF_REPO_QUAY_TOKEN", "old")];
    let (code, _, said) = stage.run_with(&variables, &WORDS);
    let expected = format!(
        "dockside: error: {NAME}: Quay does not know who asks (status 401): invalid token\n\
         dockside: hint: the OAuth token is wrong or has expired: make another one in an \
         application of the organisation, and set WERF_REPO_QUAY_TOKEN\n"
    );
    assert_eq!((code, said), (4, expected));
}

#[test]
fn list_with_a_token_of_another_scope() {
    let stage = Stage::new();
    stage.push("one", &["v1"]);
    let problem = r#"{"status":403,"error_type":"insufficient_scope","detail":"no scope"}"#;
    let fault = Fault::Status(403, Vec::new(), problem.to_owned());
    stage.network.fault_always("/api/v1/", fault);
    let variables = [("WERF_REPO_QUAY_TOKEN", READER)];
    let (code, _, said) = stage.run_with(&variables, &WORDS);
    let expected = format!(
        "dockside: error: {NAME}: Quay does not allow this (status 403): no scope\n\
         dockside: hint: this needs an OAuth token of the scope repo:read\n"
    );
    assert_eq!((code, said), (4, expected));
}

#[test]
fn list_waits_for_a_limit() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let fault = Fault::status(429, &[("Retry-After", "1")]);
    stage.network.fault(1, "/api/v1/", fault);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), ["v1"]);
}
