//! Manifests that go with all their tags, and the guards of those that stay.

use dockside::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::run;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::repository::Repository;
use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

/// What all registries do alike.
fn siblings_and_children_are_kept(host: &str) {
    let app = Repository { host, name: "app" };
    let image = app.image(Some("a"), "one");
    app.tag(&image, "b");
    app.tag(&image, "c");
    let child = app.image(None, "child");
    let index = app.index(Some("multi"), &[child.on("linux", "amd64")]);
    let last = app.image(Some("last"), "last");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/app");
    let [a, b, multi] = ["a", "b", "multi"].map(|tag| format!("{name}:{tag}"));
    let by_digest = |digest: &str| format!("{name}@{digest}");
    let (image_ref, child_ref) = (by_digest(&image.digest), by_digest(&child.digest));
    let index_ref = by_digest(&index.digest);

    let (code, output, said) = run(home.path(), &["delete", &a, &b]);
    let expected = format!(
        "dockside: error: {image_ref} has other tags: c\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n"
    );
    assert_eq!((code, output, said), (3, String::new(), expected));

    for more in [&["--with-siblings"][..], &["--dry-run"], &[]] {
        let words = [&["delete", child_ref.as_str()], more].concat();
        let (code, output, said) = run(home.path(), &words);
        let expected = format!(
            "dockside: error: {child_ref} belongs to an index that stays: multi\n\
             dockside: hint: delete the index in the same command, or leave both\n"
        );
        assert_eq!((code, output, said), (3, String::new(), expected));
    }
    for tag in ["a", "b", "c", "multi", "last", &child.digest] {
        assert!(app.named(tag).is_some(), "{tag}");
    }

    let all = ["delete", &child_ref, &a, &multi, "--with-siblings"];
    let would = format!(
        "would untag {multi}\nwould delete {index_ref}\n\
         would delete {child_ref}\n\
         would untag {a}\nwould untag {b}\nwould untag {name}:c\nwould delete {image_ref}\n"
    );
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let (code, output, said) = run(home.path(), &[&all[..], &["--dry-run"]].concat());
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(sorted(&output), sorted(&would));
    let (code, output, said) = run(home.path(), &all);
    assert_eq!((code, said.as_str()), (0, ""));
    let done = would
        .replace("would untag", "untagged")
        .replace("would delete", "deleted");
    assert_eq!(sorted(&output), sorted(&done));
    // The index before what it lists.
    let at = |text: &str| output.find(text).unwrap();
    assert!(at(&index_ref) < at(&child_ref));
    for tag in ["a", "b", "c", "multi", &child.digest, &image.digest] {
        assert_eq!(app.named(tag), None, "{tag}");
    }
    assert_eq!(app.named("last"), Some(last.digest));

    let (code, output, said) = run(home.path(), &["delete", &a, &image_ref, "--output=json"]);
    let expected = json!({"results": [
        {"target": a, "outcome": "gone"},
        {"target": image_ref, "outcome": "gone"},
    ]});
    let output: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, output), (0, expected));
    let expected = format!(
        "dockside: note: {a} is already gone\ndockside: note: {image_ref} is already gone\n"
    );
    assert_eq!(said, expected);
}

#[test]
fn distribution_2() {
    if installed(PROGRAM) {
        siblings_and_children_are_kept(Registry::open().host());
    }
}

#[test]
fn distribution_3() {
    if go_program(PROGRAM_3).is_some() {
        siblings_and_children_are_kept(Options::default().version3().start().host());
    }
}

#[test]
fn zot_too() {
    if go_program(zot::PROGRAM).is_some() {
        siblings_and_children_are_kept(Zot::start().host());
    }
}

#[test]
fn each_tag_is_looked_at_once() {
    if go_program(PROGRAM_3).is_none() {
        return;
    }
    let registry = Options::default().version3().start();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let other = app.image(Some("v2"), "two");
    app.index(Some("multi"), &[other.on("linux", "amd64")]);
    let home = tempfile::tempdir().unwrap();
    let tag = format!("{}/app:v1", registry.host());
    registry.new_requests(0);
    let (code, output, said) = run(home.path(), &["delete", &tag]);
    let expected = format!(
        "untagged {tag}\ndeleted {}/app@{}\n",
        registry.host(),
        image.digest
    );
    assert_eq!((code, output, said), (0, expected, String::new()));
    let requests = registry.new_requests(9);
    let count = |start: &str| requests.iter().filter(|one| one.starts_with(start)).count();
    assert_eq!(requests.first().unwrap(), "GET /v2/ 200");
    assert_eq!(count("GET /v2/app/tags/list"), 1, "{requests:#?}");
    assert_eq!(count("HEAD /v2/app/manifests/"), 3, "{requests:#?}");
    // The index; and the list of referrers, in both of its places.
    assert_eq!(count("GET /v2/app/manifests/sha256:"), 1, "{requests:#?}");
    assert_eq!(count("GET /v2/app/referrers/"), 1, "{requests:#?}");
    assert_eq!(count("GET /v2/app/manifests/sha256-"), 1, "{requests:#?}");
    assert_eq!(count("DELETE "), 1, "{requests:#?}");
    assert_eq!(requests.len(), 9, "{requests:#?}");
}

#[test]
fn some_of_it_is_refused() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("a"), "one");
    app.tag(&image, "b");
    let free = app.image(Some("free"), "free");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let (a, free_tag) = (format!("{name}:a"), format!("{name}:free"));
    let words = ["delete", &a, &free_tag, "--output", "json"];
    let (code, output, _) = run(home.path(), &[&words[..], &["--dry-run"]].concat());
    let planned: Value = serde_json::from_str(&output).unwrap();
    let (target, digest) = (format!("{name}@{}", free.digest), &free.digest);
    let planned_first = json!([
        {"target": free_tag, "digest": digest, "outcome": "planned"},
        {"target": target, "digest": digest, "outcome": "planned"},
    ]);
    let mut results = planned["results"].as_array().unwrap().clone();
    results.retain(|one| one["outcome"] == "planned");
    assert_eq!((code, Value::from(results)), (5, planned_first));

    let (code, output, said) = run(home.path(), &words);
    let refused = format!("{name}@{} has other tags: b", image.digest);
    assert_eq!(
        (code, said),
        (
            5,
            format!(
                "dockside: error: {refused}\n\
                 dockside: hint: give --with-siblings to remove these too, or remove the tag \
                 alone with `dockside untag`\n\
                 dockside: error: the rest was done\n"
            )
        )
    );
    let mut found: Value = serde_json::from_str(&output).unwrap();
    let results = found["results"].as_array_mut().unwrap();
    results.sort_by_key(|one| one["outcome"].as_str().unwrap().to_owned());
    assert_eq!(
        found,
        json!({"results": [
            {"target": target, "digest": digest, "outcome": "deleted"},
            {
                "target": a,
                "digest": image.digest,
                "outcome": "refused",
                "error": refused,
                "hint": "give --with-siblings to remove these too, or remove the tag alone with \
                         `dockside untag`",
            },
            {"target": free_tag, "digest": digest, "outcome": "untagged"},
        ]})
    );
    let (code, output, said) = run(home.path(), &["delete", &name]);
    assert_eq!((code, output.as_str()), (2, ""));
    let message = format!("dockside: error: `{name}` names neither a tag nor a digest\n");
    assert!(said.starts_with(&message), "{said}");
}

#[test]
fn referrers_are_named_and_lists_kept_right() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let subject = json!({"subject": image.descriptor()});
    let sbom = app.image_with(None, "sbom", &subject);
    let signature = app.image_with(None, "signature", &subject);
    let list = format!("sha256-{}", &image.digest[7..]);
    app.index(Some(&list), &[sbom.descriptor(), signature.descriptor()]);
    app.image(Some(&format!("{list}.sig")), "cosign");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());

    let sbom_ref = format!("{name}@{}", sbom.digest);
    let (code, output, said) = run(home.path(), &["delete", &sbom_ref]);
    let expected = format!("deleted {sbom_ref}\n");
    assert_eq!((code, output, said), (0, expected, String::new()));
    let shorter = app.index(None, &[signature.descriptor()]);
    assert_eq!(app.named(&list), Some(shorter.digest));

    let (code, _, said) = run(home.path(), &["delete", &format!("{name}:v1")]);
    let expected = format!(
        "dockside: note: what refers to {name}@{} stays: {}, {list}.sig\n",
        image.digest, signature.digest
    );
    assert_eq!((code, said), (0, expected));
    assert_eq!(app.named(&signature.digest), Some(signature.digest));
}

/// What cannot be read may list anything.
#[test]
fn an_unreadable_index_keeps_everything() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let manifest = br#"{"schemaVersion":2,"layers":[]}"#;
    let index = br#"{"schemaVersion":2,"manifests":[]}"#;
    let digest = registry.put_manifest("app", "v1", OCI_MANIFEST, manifest);
    let index = registry.put_manifest("app", "multi", OCI_INDEX, index);
    registry.fault(When::every(Kind::GetManifest), Fault::Corrupt);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let (code, output, said) = run(home.path(), &["delete", &format!("{name}:v1")]);
    assert_eq!((code, output.as_str()), (1, ""), "{said}");
    let message = format!("dockside: error: {name}@{index}: what the registry sent is damaged: ");
    assert!(said.starts_with(&message), "{said}");
    assert_eq!(registry.count(Kind::DeleteManifest), 0);
    assert!(registry.manifest("app", &digest).is_some());
}
