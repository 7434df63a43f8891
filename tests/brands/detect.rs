//! `detect --repo`: which brand, and why.

use serde_json::{Value, json};

use super::run;
use crate::support::brands::gitea::Gitea;
use crate::support::brands::zot::Zot;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};
use crate::support::vendor::{Fault, Local, Request, shared};

fn detect(words: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let words: Vec<&str> = ["detect", "--output", "json", "--repo"]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    let (code, output, said) = run(home.path(), &[], &words);
    assert_eq!((code, said.as_str()), (0, ""), "{words:?}");
    let mut found: Value = serde_json::from_str(&output).unwrap();
    let found = found.as_object_mut().unwrap();
    json!([found["brand"], found["why"]])
}

#[test]
fn by_what_it_answers() {
    let zot = Local::start(&shared(Zot::new()));
    let gitea = Local::start(&shared(Gitea::new()));
    let plain = ScriptedRegistry::start(Behaviour::default());
    let name = |host: &str| format!("{host}/team/app");
    assert_eq!(
        detect(&[&name(&zot.host())]),
        json!([
            "zot",
            "by its answer: it lets everybody in and names a login all the same"
        ])
    );
    let realm = format!("{}/v2/token", gitea.url());
    assert_eq!(
        detect(&[&name(&gitea.host())]),
        json!([
            "gitea",
            format!("by its answer: its token service is {realm}")
        ])
    );
    assert_eq!(
        detect(&[&name(&plain.host())]),
        json!(["default", "nothing in its answer says more"])
    );
    assert_eq!(
        detect(&[&name(&zot.host()), "--repo-container-registry", "harbor"]),
        json!(["harbor", "named by the user"])
    );
}

/// The second command in a place asks no more.
#[test]
fn it_is_asked_once() {
    let zot = Local::start(&shared(Zot::new()));
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", zot.host());
    let first = run(home.path(), &[], &["detect", "--repo", &name]);
    let second = run(home.path(), &[], &["detect", "--repo", &name]);
    let host = zot.host();
    let expected = format!(
        "repository         {name}\n\
         registry           {host}\n\
         brand              zot (zot)\n\
         why                by its answer: it lets everybody in and names a login all the same\n"
    );
    assert_eq!(first, (0, expected, String::new()));
    assert_eq!(second, first);
    assert_eq!(zot.requests().len(), 1);
}

/// From an answer that says nothing of the registry no brand is guessed where something goes;
/// nor is it remembered.
#[test]
fn nothing_is_removed_where_the_brand_is_unknown() {
    let zot = Local::start(&shared(Zot::new()));
    let root = |request: &Request| request.path == "/v2/";
    zot.fault(1, root, Fault::status(403, &[]));
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", zot.host());
    let tag = format!("{name}:v1");
    let first = run(home.path(), &[], &["detect", "--repo", &name]);
    let expected = format!(
        "repository         {name}\n\
         registry           {}\n\
         brand              default (the registry)\n\
         why                not known: it answers GET /v2/ with 403\n",
        zot.host()
    );
    assert_eq!(first, (0, expected, String::new()));
    zot.fault_always(root, Fault::status(403, &[]));
    for words in [
        &["delete", &tag][..],
        &["untag", &tag],
        &["repository", "delete", &name],
        &["purge", &name, "--yes"],
        &["cleanup", &name, "--keep-last", "1"],
        &["cleanup", &name, "--keep-last", "1", "--dry-run"],
    ] {
        let expected = format!(
            "dockside: error: {} answered GET /v2/ with 403, which does not show what brand it \
             is: nothing is removed\n\
             dockside: hint: name the brand with --repo-container-registry, or see to it that the \
             registry answers; `dockside doctor` looks for the cause\n",
            zot.host()
        );
        let (code, _, said) = run(home.path(), &[], words);
        assert_eq!((code, said), (3, expected), "{words:?}");
    }
    assert!(zot.requests().iter().all(|seen| seen.path == "/v2/"));
}
