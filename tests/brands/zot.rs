//! zot.

mod real;

use super::commands::{fill, lists_all};
use super::run;
use crate::support::brands::zot::Zot;
use crate::support::vendor::{Local, shared};

#[test]
fn list_takes_one_request() {
    let zot = shared(Zot::new());
    let digest = zot
        .lock()
        .unwrap()
        .store
        .push_image("team/app", Some("v1"), "one");
    zot.lock().unwrap().store.tag("team/app", &digest, "latest");
    let server = Local::start(&zot);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/team/app", server.host());
    let (code, output, said) = run(home.path(), &[], &["tags", "--long", &name]);
    let head = format!(
        "{:6}  {:71}  {:20}  {:20}  {:>7}  CONTENT\n",
        "TAG", "DIGEST", "CREATED", "PUSHED", "SIZE"
    );
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(format!("{}\n", lines[0]), head);
    for (line, tag) in lines[1..].iter().zip(["latest", "v1"]) {
        let start = format!("{tag:6}  {digest}  2024-05-01T10:00:00Z  2024-06-02T00:00:00Z  ");
        assert!(
            line.starts_with(&start) && line.ends_with("  linux/amd64"),
            "{line}"
        );
    }
    assert_eq!(lines.len(), 3);
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert!(seen[0].ends_with("/v2/ 200"), "{seen:#?}");
    assert!(seen[1].contains("/v2/_zot/ext/search?query="), "{seen:#?}");
}

#[test]
fn list_of_ten_thousand_tags() {
    let zot = shared(Zot::new());
    fill(&mut zot.lock().unwrap().store, "team/app");
    let server = Local::start(&zot);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/team/app", server.host());
    let listed = run(home.path(), &[], &["tags", "--long", &name]);
    lists_all(&zot.lock().unwrap().store, "team/app", &listed);
    // Who it is, and the list.
    assert_eq!(server.seen().len(), 1 + 1);
}

#[test]
fn list_of_an_old_version_lacks_what_it_does_not_know() {
    let zot = shared(Zot::new());
    zot.lock().unwrap().counts = false;
    let digest = zot
        .lock()
        .unwrap()
        .store
        .push_image("app", Some("v1"), "one");
    let server = Local::start(&zot);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", server.host());
    let words = ["tags", "--long", &name, "--output", "json"];
    let (code, output, said) = run(home.path(), &[], &words);
    assert_eq!((code, said.as_str()), (0, ""));
    let read: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(read["tags"][0]["digest"], digest);
    assert_eq!(read["tags"][0]["created"], "2024-05-01T10:00:00.123Z");
    assert!(read["tags"][0].get("pushed").is_none());
}

/// Without the extension the manifests say it all.
#[test]
fn list_without_the_extension() {
    let zot = shared(Zot::new());
    zot.lock().unwrap().searches = false;
    let digest = zot
        .lock()
        .unwrap()
        .store
        .push_image("app", Some("v1"), "one");
    let server = Local::start(&zot);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", server.host());
    let (code, output, said) = run(home.path(), &[], &["tags", "--long", &name]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(
        output
            .lines()
            .nth(1)
            .unwrap()
            .starts_with(&format!("v1   {digest}  ")),
        "{output}"
    );
}
