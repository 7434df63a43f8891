//! `repository` where there is nothing to do, or nothing that can be done.

use serde_json::json;

use super::run;
use crate::support::installed;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

#[test]
fn create_says_that_a_push_does_it() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let words = ["repository", "create", &name, "--output", "json"];
    let (code, output, said) = run(home.path(), &[], &words);
    let record = json!({"target": name, "outcome": "by-push"});
    assert_eq!(
        (code, output),
        (0, format!("{{\"results\": [\n{record}\n]}}\n"))
    );
    assert_eq!(
        said,
        format!("dockside: note: {name} is made by the first push\n")
    );
}

#[test]
fn delete_is_refused_where_it_cannot_be() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let (code, output, said) = run(home.path(), &[], &["repository", "delete", &name]);
    let expected = format!(
        "dockside: error: {name}: this registry cannot delete a repository\n\
         dockside: hint: delete all its images; the empty name stays\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
}

/// What is there is the same to a push; what is deleted are its images, one by one.
#[test]
fn distribution_has_repositories_as_long_as_they_have_images() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let (code, output, said) = run(home.path(), &[], &["repository", "create", &name]);
    let note = format!("dockside: note: {name} is made by the first push\n");
    assert_eq!((code, output.as_str(), said), (0, "", note));
    let words = ["repository", "delete", "--with-images", &name];
    let (code, output, said) = run(home.path(), &[], &words);
    let refused = format!(
        "dockside: error: {name}: this registry cannot delete a repository\n\
         dockside: hint: delete all its images; the empty name stays\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", refused));
}

#[test]
fn create_repository_takes_no_image() {
    let home = tempfile::tempdir().unwrap();
    let words = ["repository", "create", "example.com/team/app:v1"];
    let expected = "dockside: error: `example.com/team/app:v1` is no repository but an image in one\n\
                    dockside: hint: write the repository alone: example.com/team/app\n";
    let ran = run(home.path(), &[], &words);
    assert_eq!(ran, (2, String::new(), expected.to_owned()));
}

#[test]
fn addresses_of_apis_are_of_http() {
    let home = tempfile::tempdir().unwrap();
    let words = ["untag", "example.com/team/app:v1"];
    let given = ["--repo-api", "ftp://example.com/"];
    let (code, _, said) = run(home.path(), &[], &[&words[..], &given].concat());
    let expected = "\"ftp://example.com/\" is no address that begins with https:// or http://";
    assert_eq!((code, said.contains(expected)), (2, true), "{said}");
    let variable = [("DOCKSIDE_REPO_API".to_owned(), given[1].to_owned())];
    let (code, _, said) = run(home.path(), &variable, &words);
    let expected = format!("dockside: error: DOCKSIDE_REPO_API: {expected}\n");
    assert_eq!((code, said), (2, expected));
}
