//! Lists of tags.

use serde_json::{Value, json};

use super::Stage;
use crate::brands::commands::{fill, lists_all};
use crate::support::vendor::{Fault, Request};

const WORDS: [&str; 5] = ["tags", "--long", "acme/app", "--output", "json"];

fn names(output: &str) -> Vec<String> {
    let read: Value = serde_json::from_str(output).unwrap();
    let tags = read["tags"].as_array().unwrap().iter();
    tags.map(|tag| tag["tag"].as_str().unwrap().to_owned())
        .collect()
}

/// `t000`, `t001` and so on.
fn many(stage: &Stage, count: usize) -> Vec<String> {
    let tags: Vec<String> = (0..count).map(|n| format!("t{n:03}")).collect();
    let tags_ref: Vec<&str> = tags.iter().map(String::as_str).collect();
    stage.push("one", &tags_ref);
    // The newest first.
    tags.into_iter().rev().collect()
}

/// Anybody may list what is public.
#[test]
fn list_says_what_the_api_says() {
    let stage = Stage::new();
    let digest = stage.push("one", &["v1"]);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    let size = stage.hub().store.manifests("acme/app")[0].size();
    let expected = json!({"repository": "docker.io/acme/app", "tags": [{
        "tag": "v1",
        "digest": digest,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "artifact_type": null,
        "created": null,
        "size": size,
        "platforms": ["linux/amd64"],
        "pushed": "2023-11-14T22:13:22Z",
    }]});
    let read: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(read, expected);
    assert_eq!(
        stage.network.seen(),
        ["GET hub.docker.com/v2/namespaces/acme/repositories/app/tags?page=1&page_size=100 200"]
    );
}

#[test]
fn list_takes_a_request_for_a_hundred_tags() {
    let stage = Stage::admin();
    stage.hub().private.insert("acme/app".to_owned());
    let expected = many(&stage, 250);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), expected);
    let mut seen = stage.network.seen();
    // The second and third page are asked for at the same time.
    seen[2..].sort();
    let page = |n| {
        let path = "hub.docker.com/v2/namespaces/acme/repositories/app/tags";
        format!("GET {path}?page={n}&page_size=100 200")
    };
    let expected = [
        "POST hub.docker.com/v2/auth/token 200".to_owned(),
        page(1),
        page(2),
        page(3),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn list_of_ten_thousand_tags() {
    let stage = Stage::new();
    fill(&mut stage.hub().store, "acme/app");
    let listed = stage.run(&["tags", "--long", "acme/app"]);
    lists_all(&stage.hub().store, "acme/app", &listed);
    assert_eq!(stage.network.seen().len(), 100);
}

/// The next page is where the API says, which is another path.
fn follows(request: &Request) -> bool {
    request.path == "/v2/repositories/acme/app/tags"
}

#[test]
fn list_of_odd_pages_is_whole() {
    let stage = Stage::new();
    stage.network.except(follows);
    stage.hub().page = 30;
    let expected = many(&stage, 100);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), expected);
    let followed = stage.seen().into_iter().rev().take(3).rev();
    let path = "GET hub.docker.com/v2/repositories/acme/app/tags";
    let expected = [2, 3, 4].map(|n| format!("{path}?page={n}&page_size=30 200"));
    assert_eq!(followed.collect::<Vec<_>>(), expected);
}

/// A tag that goes moves another one to a page that was read already.
#[test]
fn list_that_changes_is_read_again() {
    let stage = Stage::new();
    stage.network.except(follows);
    stage.hub().page = 30;
    let mut expected = many(&stage, 40);
    // The list is asked for once by numbers, then page by page.
    stage.hub().vanishing = Some((2, "t039".to_owned()));
    expected.remove(0);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), expected);
}

/// The last page is gone by the time it is asked for.
#[test]
fn list_whose_last_page_goes() {
    let stage = Stage::new();
    stage.network.except(follows);
    let mut expected = many(&stage, 101);
    stage.hub().vanishing = Some((1, "t100".to_owned()));
    expected.remove(0);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(names(&output), expected);
    let statuses = stage.network.seen();
    let statuses: Vec<&str> = statuses
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}

#[test]
fn list_with_what_is_no_tag() {
    let stage = Stage::new();
    let page = json!({"count": 1, "next": null, "previous": null,
        "results": [{"name": "\u{1b}[31m/../x"}]});
    let fault = Fault::Status(200, Vec::new(), page.to_string());
    stage.network.fault_always("/v2/namespaces/", fault);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, output.as_str()), (1, ""));
    let expected = "dockside: error: docker.io/acme/app: Docker Hub answered something else than \
         it should (line 1)\n";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn list_that_does_not_fit_together_is_made_by_the_registry() {
    let stage = Stage::new();
    let digest = stage.push("one", &["a", "b"]);
    let page = json!({"count": 3, "next": null, "previous": null, "results": [
        {"name": "a", "digest": digest}, {"name": "a", "digest": digest},
    ]});
    let fault = Fault::Status(200, Vec::new(), page.to_string());
    stage.network.fault_always("/v2/namespaces/", fault);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        said,
        "dockside: note: docker.io/acme/app: Docker Hub's list of tags changes while it is read, \
         so the registry is asked for each tag\n"
    );
    assert_eq!(names(&output), ["a", "b"]);
}

#[test]
fn list_does_not_follow_to_other_hosts() {
    let stage = Stage::admin();
    stage.hub().page = 30;
    many(&stage, 40);
    let page = json!({"count": 40, "next": "https://evil.example.com/", "previous": null,
        "results": [{"name": "a"}]});
    let fault = Fault::Status(200, Vec::new(), page.to_string());
    stage.network.fault_always("page=1&", fault);
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, output.as_str()), (1, ""));
    assert_eq!(
        said,
        "dockside: error: docker.io/acme/app: Docker Hub answered something else than it should \
         (line 1)\n\
         dockside: hint: is something else at that address, or a proxy on the way?\n"
    );
    let others = |line: &String| !line.contains(".docker.");
    assert_eq!(stage.network.seen().iter().filter(|l| others(l)).count(), 0);
}

#[test]
fn list_asks_the_registry_what_the_api_does_not_say() {
    let stage = Stage::new();
    let digest = stage.push("one", &["new", "old"]);
    stage.hub().undigested.insert("old".to_owned());
    let (code, output, said) = stage.run(&WORDS);
    assert_eq!((code, said.as_str()), (0, ""));
    let read: Value = serde_json::from_str(&output).unwrap();
    let digests = [0, 1].map(|n| read["tags"][n]["digest"].clone());
    assert_eq!(digests, [json!(digest), json!(digest)]);
    assert_eq!(
        stage.seen(),
        [
            "GET hub.docker.com/v2/namespaces/acme/repositories/app/tags?page=1&page_size=100 200",
            "HEAD registry-1.docker.io/v2/acme/app/manifests/old 200",
        ]
    );
}

#[test]
fn list_of_nothing() {
    let stage = Stage::new();
    let (code, output, said) = stage.run(&["tags", "--long", "acme/none"]);
    let expected = "dockside: error: docker.io/acme/none does not exist\n\
         dockside: hint: check the name, and that it was pushed; many registries also say this \
         to those who may not read it\n";
    assert_eq!((code, output.as_str(), said.as_str()), (1, "", expected));
}
