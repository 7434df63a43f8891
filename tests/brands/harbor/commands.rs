//! Each verb as users give it.

use super::{APP, Bench};
use crate::brands::commands::{done, fill, lists_all, login, push_and_pull};
use crate::brands::library::log_in;
use crate::support::brands::harbor::{ADMIN, ROBOT};

#[test]
fn login_with_the_secret_of_a_robot() {
    let bench = Bench::start(("nobody", "nothing"));
    let host = bench.local.host();
    let home = tempfile::tempdir().unwrap();
    let good = login(home.path(), &[], &host, ROBOT);
    assert_eq!(good, done("Login Succeeded\n"));
    assert_eq!(login(home.path(), &[], &host, (ROBOT.0, "wrong")).0, 4);
}

#[test]
fn push_and_pull_of_an_image() {
    let bench = Bench::start(ROBOT);
    let name = format!("{}:v1", bench.name());
    let digest = push_and_pull(bench.home.path(), |words| bench.run(words), &name);
    let state = bench.harbor.lock().unwrap();
    assert_eq!(state.store.digest("team/a/app", "v1"), Some(digest));
}

#[test]
fn list_of_ten_thousand_tags() {
    let bench = Bench::start(ROBOT);
    fill(&mut bench.harbor.lock().unwrap().store, "team/a/app");
    let listed = bench.run(&["tags", "--long", &bench.name()]);
    lists_all(&bench.harbor.lock().unwrap().store, "team/a/app", &listed);
    assert_eq!(bench.rest().len(), 100);
}

#[test]
fn create_repository_of_a_new_project() {
    let bench = Bench::start(ROBOT);
    let name = format!("{}/new/app", bench.local.host());
    let words = ["repository", "create", &name];
    let refused = format!(
        "dockside: error: {name}: Harbor does not allow this (status 403): forbidden\n\
         dockside: hint: this needs the right to make projects\n"
    );
    assert_eq!(bench.run(&words), (4, String::new(), refused));
    log_in(bench.home.path(), &bench.local.host(), ADMIN);
    assert_eq!(bench.run(&words), done(&format!("created {name}\n")));
    assert!(bench.harbor.lock().unwrap().projects.contains("new"));
    assert_eq!(bench.run(&words), done(&format!("unchanged {name}\n")));
}

#[test]
fn delete_repository_with_its_images() {
    let bench = Bench::start(ROBOT);
    {
        let store = &mut bench.harbor.lock().unwrap().store;
        store.push_image("team/a/app", Some("v1"), "one");
        store.push_image("team/a/app-debug", Some("v1"), "other");
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
    assert_eq!(
        deletes,
        [format!("DELETE {APP} 200"), format!("DELETE {APP} 404")]
    );
    let store = &bench.harbor.lock().unwrap().store;
    assert!(store.repository("team/a/app").is_none());
    assert_eq!(store.tags("team/a/app-debug"), ["v1"]);
}
