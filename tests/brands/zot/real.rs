//! zot itself, as it is built without extensions.

use serde_json::Value;

use crate::brands::commands::{done, login, push_and_pull};
use crate::brands::run;
use crate::support::repository::Repository;
use crate::support::zot::{PROGRAM, Zot};
use crate::support::{go_program, installed};

#[test]
fn login_and_push_and_pull() {
    if go_program(PROGRAM).is_none() || !installed("htpasswd") {
        return;
    }
    let zot = Zot::start_for("ci", "zot-password");
    let home = tempfile::tempdir().unwrap();
    let wrong = login(home.path(), &[], zot.host(), ("ci", "wrong"));
    assert_eq!(wrong.0, 4);
    let good = login(home.path(), &[], zot.host(), ("ci", "zot-password"));
    assert_eq!(good, done("Login Succeeded\n"));
    let run = |words: &[&str]| run(home.path(), &[], words);
    push_and_pull(home.path(), run, &format!("{}/app:v1", zot.host()));
}

#[test]
fn repositories_are_there_as_long_as_they_have_images() {
    if go_program(PROGRAM).is_none() || !installed("htpasswd") {
        return;
    }
    let zot = Zot::start_for("ci", "zot-password");
    let home = tempfile::tempdir().unwrap();
    login(home.path(), &[], zot.host(), ("ci", "zot-password"));
    let run = |words: &[&str]| run(home.path(), &[], words);
    let name = format!("{}/app", zot.host());
    let note = format!("dockside: note: {name} is made by the first push\n");
    let created = run(&["repository", "create", &name]);
    assert_eq!(created, (0, String::new(), note));
    let refused = format!(
        "dockside: error: {name}: this registry cannot delete a repository\n\
         dockside: hint: delete all its images; the empty name stays\n"
    );
    let deleted = run(&["repository", "delete", "--with-images", &name]);
    assert_eq!(deleted, (1, String::new(), refused));
}

#[test]
fn list_by_the_manifests() {
    if go_program(PROGRAM).is_none() {
        return;
    }
    let zot = Zot::start();
    let app = Repository {
        host: zot.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", zot.host());
    let words = ["tags", "--long", "--output", "json", &name];
    let (code, output, said) = run(home.path(), &[], &words);
    assert_eq!((code, said.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&output).unwrap();
    let expected = serde_json::json!([{
        "tag": "v1", "digest": image.digest,
        "media_type": "application/vnd.oci.image.manifest.v1+json", "artifact_type": null,
        "created": "2024-05-01T10:00:00.123Z", "size": image.size,
        "platforms": ["linux/amd64"],
    }]);
    assert_eq!(listed["tags"], expected);
}
