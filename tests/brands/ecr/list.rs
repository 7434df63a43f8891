//! Listing: a request for each thousand images, with all that ECR knows of them.

use serde_json::{Value, json};

use super::{World, page, private};

#[test]
fn list_takes_a_request_for_each_page() {
    let world = World::new();
    let digest = world.aws().store.push_image("app", Some("v1"), "one");
    {
        let aws = &mut *world.aws();
        aws.store.tag("app", &digest, "v2");
        aws.store.push_image("app", None, "untagged");
        let old = aws.store.push_image("app", Some("old"), "old");
        aws.archived.insert(old);
        aws.pulled.insert(digest.clone(), 1_700_100_000);
        aws.page = 2;
    }
    let words = ["tags", "--long", &private("app"), "--output", "json"];
    let (code, output, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&output).unwrap();
    let tags = listed["tags"].as_array().unwrap();
    let names: Vec<&Value> = tags.iter().map(|tag| &tag["tag"]).collect();
    assert_eq!(names, ["v1", "v2", "old"]);
    let known =
        |tag: &Value| ["digest", "pushed", "pulled", "media_type"].map(|key| tag[key].clone());
    let expected = [
        json!(digest),
        json!("2023-11-14T22:13:21.25Z"),
        json!("2023-11-16T02:00:00Z"),
        json!("application/vnd.oci.image.manifest.v1+json"),
    ];
    assert_eq!(known(&tags[0]), expected, "{output}");
    assert_eq!(known(&tags[1]), expected);
    assert_eq!(tags[2].get("pulled"), None);
    assert_eq!(
        world.seen(),
        [
            format!("{} 200", page("app", None)),
            format!("{} 200", page("app", Some("2"))),
        ]
    );
}

#[test]
fn list_of_ten_thousand_takes_ten_requests() {
    let world = World::new();
    {
        let store = &mut world.aws().store;
        for number in 0..10_000 {
            let manifest = format!("{{\"schemaVersion\":2,\"number\":{number}}}");
            let media_type = "application/vnd.oci.image.manifest.v1+json";
            let tag = format!("t{number:05}");
            store.put_manifest("app", Some(&tag), media_type, manifest.as_bytes());
        }
    }
    let (code, output, said) = world.run(&["tags", "--long", &private("app")]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 10_001);
    assert_eq!(world.seen().len(), 10);
}

#[test]
fn list_that_goes_in_circles_is_an_error() {
    let world = World::new();
    {
        let aws = &mut *world.aws();
        for words in ["a", "b", "c", "d"] {
            aws.store.push_image("app", Some(words), words);
        }
        aws.page = 1;
        aws.loops = true;
    }
    let (code, output, said) = world.run(&["tags", "--long", &private("app")]);
    assert_eq!((code, output.as_str()), (1, ""));
    let expected = "Amazon ECR answered something else than it should";
    assert!(said.contains(expected), "{said}");
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn list_of_no_repository() {
    let world = World::new();
    let (code, _, said) = world.run(&["tags", "--long", &private("none")]);
    let expected = format!("dockside: error: {} does not exist\n", private("none"));
    assert_eq!(code, 1);
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn list_without_an_identity_goes_by_the_registry() {
    let world = World::of_nobody();
    let digest = world.aws().store.push_image("app", Some("v1"), "one");
    let words = ["tags", "--long", &private("app"), "--output", "json"];
    let (code, output, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(listed["tags"][0]["digest"], digest);
}
