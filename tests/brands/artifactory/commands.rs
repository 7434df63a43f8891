//! Each verb as users give it.

use super::{APP, Bench};
use crate::brands::commands::{done, fill, lists_all, login, push_and_pull};
use crate::brands::library::log_in;
use crate::support::brands::artifactory::{ADMIN, USER};

#[test]
fn login_by_the_command() {
    let bench = Bench::start();
    let host = bench.local.host();
    let home = tempfile::tempdir().unwrap();
    let good = login(home.path(), &[], &host, USER);
    assert_eq!(good, done("Login Succeeded\n"));
    assert_eq!(login(home.path(), &[], &host, (USER.0, "wrong")).0, 4);
}

#[test]
fn push_and_pull_of_an_image() {
    let bench = Bench::start();
    let name = format!("{}:v1", bench.name());
    let digest = push_and_pull(bench.home.path(), |words| bench.run(words), &name);
    let state = bench.artifactory.lock().unwrap();
    assert_eq!(state.store.digest(APP, "v1"), Some(digest));
}

#[test]
fn list_of_ten_thousand_tags() {
    let bench = Bench::start();
    fill(&mut bench.artifactory.lock().unwrap().store, APP);
    let listed = bench.run(&["tags", "--long", &bench.name()]);
    lists_all(&bench.artifactory.lock().unwrap().store, APP, &listed);
    assert_eq!(bench.rest(), ["POST api/search/aql 200"]);
}

#[test]
fn create_repository_by_the_command() {
    let bench = Bench::start();
    let name = format!("{}/new/app", bench.local.host());
    let words = ["repository", "create", &name];
    let refused = format!(
        "dockside: error: {name}: Artifactory does not allow this (status 403): Forbidden\n\
         dockside: hint: this needs an administrator\n"
    );
    assert_eq!(bench.run(&words), (4, String::new(), refused));
    log_in(bench.home.path(), &bench.local.host(), ADMIN);
    assert_eq!(bench.run(&words), done(&format!("created {name}\n")));
    let made = bench.artifactory.lock().unwrap().repositories["new"];
    assert_eq!(made, "local");
    assert_eq!(bench.run(&words), done(&format!("unchanged {name}\n")));
}

#[test]
fn delete_repository_with_its_images() {
    let bench = Bench::start();
    bench.push("v1", "one");
    {
        let store = &mut bench.artifactory.lock().unwrap().store;
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
    let delete = "DELETE images/team/app";
    assert_eq!(deletes, [format!("{delete} 204"), format!("{delete} 404")]);
    let store = &bench.artifactory.lock().unwrap().store;
    assert_eq!(store.tags(APP), [""; 0]);
    assert_eq!(store.tags("images/team/app-debug"), ["v1"]);
}
