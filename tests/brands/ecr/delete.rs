//! `delete`: by digest, 100 at once, with each failure read.

use serde_json::{Value, json};

use super::{World, batch, page, private};

#[test]
fn delete_takes_one_request_for_a_hundred() {
    let world = World::new();
    let mut digests: Vec<String> = Vec::new();
    for number in 0..150 {
        let (tag, words) = (format!("t{number}"), format!("words {number}"));
        let digest = world.aws().store.push_image("app", Some(&tag), &words);
        digests.push(digest);
    }
    let mut words = vec!["delete".to_owned(), "--jobs".into(), "1".into()];
    words.extend(
        digests
            .iter()
            .map(|digest| private(&format!("app@{digest}"))),
    );
    words.push("--with-siblings".into());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, output, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(output.lines().count(), 300);
    assert!(world.aws().store.manifests("app").is_empty());
    let requests = world.network.requests();
    let deletions = requests.iter().filter(|seen| {
        let target = seen.header("x-amz-target").unwrap_or_default();
        target.ends_with(".BatchDeleteImage")
    });
    let sizes = deletions.map(|seen| seen.json()["imageIds"].as_array().unwrap().len());
    assert_eq!(sizes.collect::<Vec<_>>(), [100, 50]);
}

#[test]
fn delete_names_siblings_first() {
    let world = World::new();
    let digest = world.aws().store.push_image("app", Some("v1"), "one");
    world.aws().store.tag("app", &digest, "latest");
    let (code, output, said) = world.run(&["delete", &private("app:v1")]);
    let expected = format!(
        "dockside: error: {} has other tags: latest\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n",
        private(&format!("app@{digest}"))
    );
    assert_eq!((code, output.as_str(), said), (3, "", expected));
    assert_eq!(world.seen(), [format!("{} 200", page("app", None))]);
    let done = world.run(&["delete", &private("app:v1"), "--with-siblings"]);
    let said = format!(
        "untagged {0}:latest\nuntagged {0}:v1\ndeleted {0}@{digest}\n",
        private("app")
    );
    assert_eq!(done, (0, said, String::new()));
    let last = world.seen().pop().unwrap();
    let ids = json!([{"imageDigest": digest}]);
    assert_eq!(last, format!("{} 200", batch("app", &ids)));
}

#[test]
fn delete_takes_an_index_before_its_children() {
    let world = World::new();
    let (index, child) = {
        let store = &mut world.aws().store;
        let child = store.push_image("app", Some("amd64"), "one");
        (store.push_index("app", Some("v1"), &[&child]), child)
    };
    let (code, _, said) = world.run(&["delete", &private("app:amd64")]);
    let expected = format!(
        "dockside: error: {} belongs to an index that stays: v1\n\
         dockside: hint: delete the index in the same command, or leave both\n",
        private(&format!("app@{child}"))
    );
    assert_eq!((code, said), (3, expected));
    let names = [private("app:amd64"), private("app:v1")];
    let (code, output, said) = world.run(&["delete", &names[0], &names[1]]);
    let expected = format!(
        "untagged {0}:v1\ndeleted {0}@{index}\nuntagged {0}:amd64\ndeleted {0}@{child}\n",
        private("app")
    );
    assert_eq!((code, output, said.as_str()), (0, expected, ""));
}

/// AWS answers 200 whatever became of the images.
#[test]
fn delete_reads_what_became_of_each_image() {
    let world = World::new();
    let [kept, gone, done] = {
        let aws = &mut *world.aws();
        ["kept", "gone", "done"].map(|words| {
            let digest = aws.store.push_image("app", Some(words), words);
            match words {
                "kept" => aws
                    .broken
                    .insert(digest.clone(), "ImageReferencedByManifestList"),
                "gone" => aws.broken.insert(digest.clone(), "ImageNotFound"),
                _ => None,
            };
            digest
        })
    };
    let names = ["kept", "gone", "done"].map(|tag| private(&format!("app:{tag}")));
    let (code, output, _) = world.run(&[
        "delete", &names[0], &names[1], &names[2], "--output", "json",
    ]);
    assert_eq!(code, 5);
    let mut found: Value = serde_json::from_str(&output).unwrap();
    let mut found = found["results"].as_array_mut().unwrap().clone();
    found.sort_by_key(ToString::to_string);
    let at = |digest: &String| private(&format!("app@{digest}"));
    let mut expected = vec![
        json!({
            "target": names[0], "digest": kept, "outcome": "failed", "reason": "in-use",
            "error": format!(
                "{} is in use, so Amazon ECR keeps it (status 200): \
                 ImageReferencedByManifestList: Requested image cannot be removed",
                at(&kept)
            ),
            "hint": "delete the index that lists it first, or with it in one command",
        }),
        json!({"target": at(&gone), "outcome": "gone"}),
        json!({"target": names[2], "digest": done, "outcome": "untagged"}),
        json!({"target": at(&done), "digest": done, "outcome": "deleted"}),
    ];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(found, expected);
}

/// What the distribution API can do is done by the login of the docker config.
#[test]
fn delete_without_an_identity_goes_by_the_registry() {
    let world = World::of_nobody();
    let digest = world.aws().store.push_image("app", Some("v1"), "one");
    let done = world.run(&["delete", &private("app:v1")]);
    let said = format!("untagged {0}:v1\ndeleted {0}@{digest}\n", private("app"));
    assert_eq!(done, (0, said, String::new()));
    let seen = world.seen();
    let last = seen.last().unwrap();
    assert_eq!(
        *last,
        format!("DELETE {}/v2/app/manifests/{digest} 202", super::PRIVATE)
    );
}
