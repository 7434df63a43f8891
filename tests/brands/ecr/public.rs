//! ECR Public: names without the alias, and nobody else's alias.

use serde_json::{Value, json};

use super::World;

const NAME: &str = "public.ecr.aws/acme/app";

#[test]
fn list_delete_and_untag_by_the_name_without_the_alias() {
    let world = World::new();
    let digest = world.aws().store.push_image("acme/app", Some("v1"), "one");
    world.aws().store.tag("acme/app", &digest, "v2");
    let words = ["tags", "--long", NAME, "--output", "json"];
    let (code, output, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(listed["tags"][1]["digest"], digest);
    assert_eq!(listed["tags"][1]["pushed"], "2023-11-14T22:13:21.25Z");
    let account = json!({"registryId": "012345678901", "repositoryName": "app"});
    let mut page = account.clone();
    page["maxResults"] = json!(1000);
    let expected = [
        "DescribeRegistries {} 200".to_owned(),
        format!("DescribeImages {page} 200"),
    ];
    assert_eq!(world.seen(), expected);
    world.network.forget();
    let (code, output, _) = world.run(&["untag", &format!("{NAME}:v1")]);
    assert_eq!((code, output), (0, format!("untagged {NAME}:v1\n")));
    let with = |key: &str, value: Value| {
        let mut input = account.clone();
        input[key] = value;
        input
    };
    let look = with("imageIds", json!([{"imageTag": "v1"}]));
    let ids = json!([{"imageTag": "v1"}]);
    let expected = [
        "DescribeRegistries {} 200".to_owned(),
        format!("DescribeImages {look} 200"),
        format!("BatchDeleteImage {} 200", with("imageIds", ids)),
    ];
    assert_eq!(world.seen(), expected);
    let (code, output, _) = world.run(&["delete", &format!("{NAME}:v2")]);
    let expected = format!("untagged {NAME}:v2\ndeleted {NAME}@{digest}\n");
    assert_eq!((code, output), (0, expected));
    let (code, _, said) = world.run(&["untag", &format!("{NAME}:v2")]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn create_and_delete_repository() {
    let world = World::new();
    let (code, output, _) = world.run(&["repository", "create", NAME]);
    assert_eq!((code, output), (0, format!("created {NAME}\n")));
    let (code, output, _) = world.run(&["repository", "create", NAME]);
    assert_eq!((code, output), (0, format!("unchanged {NAME}\n")));
    let (code, output, _) = world.run(&["repository", "delete", NAME, "--with-images"]);
    assert_eq!((code, output), (0, format!("deleted {NAME}\n")));
}

/// The API knows no aliases: without a look `other/app` would be `app` of one's own.
#[test]
fn the_alias_of_somebody_else_is_not_ones_own() {
    let world = World::new();
    world.aws().store.push_image("acme/app", Some("v1"), "own");
    let other = world
        .aws()
        .store
        .push_image("pending/app", Some("v1"), "other");
    for words in [
        &["untag", "public.ecr.aws/pending/app:v1"][..],
        &["delete", "public.ecr.aws/pending/app:v1"],
        &[
            "repository",
            "delete",
            "public.ecr.aws/pending/app",
            "--with-images",
        ],
    ] {
        let (code, output, said) = world.run(words);
        let expected = "dockside: error: the registry alias pending: Amazon ECR does not allow \
                        this\n\
                        dockside: hint: this needs an identity of the account that pending belongs \
                        to\n";
        assert_eq!(
            (code, output.as_str(), said.as_str()),
            (4, "", expected),
            "{words:?}"
        );
    }
    assert_eq!(world.aws().store.tags("acme/app"), ["v1"]);
    // What it publishes can be listed by the registry's own API.
    let name = "public.ecr.aws/pending/app";
    let (code, output, _) = world.run(&["tags", "--long", name, "--output", "json"]);
    let listed: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, &listed["tags"][0]["digest"]), (0, &json!(other)));
}

#[test]
fn an_alias_is_needed() {
    let world = World::new();
    let (code, _, said) = world.run(&["untag", "public.ecr.aws/app:v1"]);
    let expected = "dockside: error: public.ecr.aws/app: a repository of ECR Public has the alias \
                    of its registry before its name\n\
                    dockside: hint: write public.ecr.aws/ALIAS/app\n";
    assert_eq!((code, said.as_str()), (2, expected));
}
