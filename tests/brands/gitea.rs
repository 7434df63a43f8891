//! Gitea and Forgejo.

use super::commands::{done, login, push_and_pull};
use super::run;
use crate::support::brands::gitea::{Gitea, PASSWORD, USER};
use crate::support::vendor::{Fault, Local, shared};

/// A home with a login.
fn home(host: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let who = (USER, PASSWORD);
    assert_eq!(
        login(home.path(), &[], host, who),
        done("Login Succeeded\n")
    );
    home
}

#[test]
fn list_says_when_versions_were_pushed() {
    let gitea = shared(Gitea::new());
    let digest = {
        let store = &mut gitea.lock().unwrap().store;
        store.push_image("team/app-debug", Some("v9"), "other");
        store.push_image("team/app", Some("v1"), "one")
    };
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let name = format!("{}/team/app", server.host());
    let (code, output, said) = run(home.path(), &[], &["tags", "--long", &name]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[1],
        format!("v1   {digest}  2024-05-01T10:00:00Z        -  image")
    );
}

#[test]
fn login_with_an_access_token() {
    let server = Local::start(&shared(Gitea::new()));
    let home = home(&server.host());
    let wrong = login(home.path(), &[], &server.host(), (USER, "wrong"));
    assert_eq!(wrong.0, 4);
}

#[test]
fn push_and_pull_of_an_image() {
    let gitea = shared(Gitea::new());
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let name = format!("{}/team/app:v1", server.host());
    let run = |words: &[&str]| run(home.path(), &[], words);
    let digest = push_and_pull(home.path(), run, &name);
    let store = &gitea.lock().unwrap().store;
    assert_eq!(store.digest("team/app", "v1"), Some(digest));
}

#[test]
fn repository_create_is_done_by_a_push() {
    let server = Local::start(&shared(Gitea::new()));
    let home = home(&server.host());
    let name = format!("{}/team/app", server.host());
    let (code, output, said) = run(home.path(), &[], &["repository", "create", &name]);
    let note = format!("dockside: note: {name} is made by the first push\n");
    assert_eq!((code, output.as_str(), said), (0, "", note));
}

#[test]
fn untag_leaves_siblings_and_the_manifest() {
    let gitea = shared(Gitea::new());
    let digest = gitea
        .lock()
        .unwrap()
        .store
        .push_image("team/app", Some("v1"), "one");
    gitea.lock().unwrap().store.tag("team/app", &digest, "v2");
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let tag = format!("{}/team/app:v1", server.host());
    let (code, output, said) = run(home.path(), &[], &["untag", &tag]);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("untagged {tag}\n"), "")
    );
    let store = &gitea.lock().unwrap().store;
    assert_eq!(store.tags("team/app"), ["v2"]);
    assert_eq!(store.digest("team/app", "v2"), Some(digest));
}

#[test]
fn delete_takes_all_tags() {
    let gitea = shared(Gitea::new());
    let digest = gitea
        .lock()
        .unwrap()
        .store
        .push_image("team/app", Some("v1"), "one");
    gitea.lock().unwrap().store.tag("team/app", &digest, "v2");
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let tag = format!("{}/team/app:v1", server.host());
    let (code, output, said) = run(home.path(), &[], &["delete", &tag]);
    assert_eq!((code, output.as_str()), (3, ""), "{said}");
    let (code, _, said) = run(home.path(), &[], &["delete", "--with-siblings", &tag]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(gitea.lock().unwrap().store.manifests("team/app").is_empty());
}

#[test]
fn repository_delete_takes_every_version() {
    let gitea = shared(Gitea::new());
    {
        let store = &mut gitea.lock().unwrap().store;
        store.push_image("team/app", Some("v1"), "one");
        store.push_image("team/app", None, "two");
        store.push_image("team/app-debug", Some("v1"), "other");
    }
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let name = format!("{}/team/app", server.host());
    let (code, output, said) = run(home.path(), &[], &["repository", "delete", &name]);
    let refused = format!(
        "dockside: error: {name} is not empty: it has the tag v1\n\
         dockside: hint: give --with-images to delete all of it\n"
    );
    assert_eq!((code, output.as_str(), said), (3, "", refused));
    let words = ["repository", "delete", "--with-images", &name];
    let (code, output, said) = run(home.path(), &[], &words);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("deleted {name}\n"), "")
    );
    let store = &gitea.lock().unwrap().store;
    assert!(store.manifests("team/app").is_empty());
    assert_eq!(store.tags("team/app-debug"), ["v1"]);
}

/// An API that shows nothing to whoever asks is no reason to say that all is gone.
#[test]
fn repository_delete_is_refused_where_the_packages_are_not_shown() {
    let gitea = shared(Gitea::new());
    let store = |gitea: &mut Gitea| gitea.store.push_image("team/app", Some("v1"), "one");
    store(&mut gitea.lock().unwrap());
    let server = Local::start(&gitea);
    let home = home(&server.host());
    let name = format!("{}/team/app", server.host());
    for status in [403, 404] {
        server.fault_always("/api/v1/packages/team", Fault::status(status, &[]));
        let words = ["repository", "delete", "--with-images", &name];
        let (code, output, said) = run(home.path(), &[], &words);
        assert_ne!(code, 0, "{said}");
        assert_eq!(output, "", "{said}");
    }
    assert_eq!(gitea.lock().unwrap().store.tags("team/app"), ["v1"]);
}
