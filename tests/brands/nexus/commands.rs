//! Each verb as users give it.

use super::{APP, Bench};
use crate::brands::commands::{done, fill, lists_all, login, push_and_pull};
use crate::support::brands::nexus::{ADMIN, USER};

#[test]
fn login_by_the_command() {
    let bench = Bench::start(90);
    let host = bench.pages.host();
    let home = tempfile::tempdir().unwrap();
    let good = login(home.path(), &[], &host, USER);
    assert_eq!(good, done("Login Succeeded\n"));
    assert_eq!(login(home.path(), &[], &host, (USER.0, "wrong")).0, 4);
}

#[test]
fn push_and_pull_of_an_image() {
    let bench = Bench::start(90);
    let name = format!("{}:v1", bench.name());
    let digest = push_and_pull(bench.home.path(), |words| bench.run(words), &name);
    let state = bench.nexus.lock().unwrap();
    assert_eq!(state.store.digest(APP, "v1"), Some(digest));
}

#[test]
fn list_of_ten_thousand_tags() {
    let bench = Bench::start(90);
    fill(&mut bench.nexus.lock().unwrap().store, APP);
    let listed = bench.run(&["tags", "--long", &bench.name()]);
    lists_all(&bench.nexus.lock().unwrap().store, APP, &listed);
    assert_eq!(bench.rest().len(), 200);
    // The search may lag: what is there is the registry's to say.
    let mut lists = bench.pages.seen();
    lists.retain(|line| line.starts_with("GET /v2/images/"));
    assert_eq!(lists, ["GET /v2/images/team/app/tags/list 200"]);
}

#[test]
fn create_repository_by_the_command() {
    let bench = Bench::start(90);
    let name = format!("{}/new/app", bench.pages.host());
    let words = ["repository", "create", &name];
    let refused = format!(
        "dockside: error: {name}: Nexus does not allow this (status 403)\n\
         dockside: hint: this needs the privilege nx-repository-admin-docker-*-add\n"
    );
    assert_eq!(bench.run(&words), (4, String::new(), refused));
    bench.log_in(ADMIN);
    assert_eq!(bench.run(&words), done(&format!("created {name}\n")));
    assert!(bench.nexus.lock().unwrap().repositories.contains_key("new"));
    assert_eq!(bench.run(&words), done(&format!("unchanged {name}\n")));
}

#[test]
fn delete_repository_with_its_images() {
    let bench = Bench::start(90);
    bench.push("v1", "one");
    {
        let store = &mut bench.nexus.lock().unwrap().store;
        store.push_image("images/team/app-debug", Some("v1"), "other");
    }
    let name = bench.name();
    let refused = format!(
        "dockside: error: {name} is not empty: it has the tag v1\n\
         dockside: hint: give --with-images to delete all of it\n"
    );
    let guarded = bench.run(&["repository", "delete", &name]);
    assert_eq!(guarded, (3, String::new(), refused));
    let words = ["repository", "delete", "--with-images", &name];
    assert_eq!(bench.run(&words), done(&format!("deleted {name}\n")));
    let gone = format!("dockside: note: {name} is already gone\n");
    assert_eq!(bench.run(&words), (0, String::new(), gone));
    let mut deletes = bench.rest();
    deletes.retain(|line| line.starts_with("DELETE"));
    assert_eq!(deletes, ["DELETE components/aW1hZ2VzOnRlYW0vYXBwOnYx 204"]);
    let store = &bench.nexus.lock().unwrap().store;
    assert_eq!(store.tags(APP), [""; 0]);
    assert_eq!(store.tags("images/team/app-debug"), ["v1"]);
}
