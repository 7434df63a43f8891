//! Each verb as users give it.

use super::{APP, HOST, REST, World};
use crate::brands::commands::{done, fill, lists_all, login, push_and_pull};
use crate::support::brands::google::TOKEN;

#[test]
fn login_with_an_access_token() {
    let world = World::without_login();
    let log_in = |password: &str| {
        let environment = world.environment();
        let who = ("oauth2accesstoken", password);
        login(world.home.path(), &environment, HOST, who)
    };
    assert_eq!(log_in(TOKEN), done("Login Succeeded\n"));
    assert_eq!(log_in("wrong").0, 4);
}

#[test]
fn push_and_pull_of_an_image() {
    let world = World::new();
    let name = format!("{APP}:v1");
    let digest = push_and_pull(world.home.path(), |words| world.run(words), &name);
    assert_eq!(world.google().store.digest("p/r/app", "v1"), Some(digest));
}

/// Ten requests for the versions and ten for the tags, after one of the registry's own list, which
/// ends there.
#[test]
fn list_of_ten_thousand_tags() {
    let world = World::new();
    fill(&mut world.google().store, "p/r/app");
    let listed = world.run(&["tags", "--long", APP]);
    lists_all(&world.google().store, "p/r/app", &listed);
    let seen = world.seen();
    let package = format!("GET {REST}/repositories/r/packages/app");
    let of = |list: &str| {
        let start = format!("{package}/{list}?");
        seen.iter().filter(|line| line.starts_with(&start)).count()
    };
    assert_eq!((of("versions"), of("tags"), seen.len()), (10, 10, 22));
}

#[test]
fn create_repository_by_the_command() {
    let world = World::new();
    let name = "us-docker.pkg.dev/p/new/team/app";
    let words = ["repository", "create", name];
    assert_eq!(world.run(&words), done(&format!("created {name}\n")));
    assert!(world.google().repositories.contains("p/new"));
    assert_eq!(world.run(&words), done(&format!("unchanged {name}\n")));
}

#[test]
fn delete_repository_with_its_images() {
    let world = World::new();
    {
        let store = &mut world.google().store;
        store.push_image("p/r/app", Some("v1"), "one");
        store.push_image("p/r/app-debug", Some("v1"), "other");
    }
    let refused = format!(
        "dockside: error: {APP} is not empty: it has the tag v1\n\
         dockside: hint: give --with-images to delete all of it\n"
    );
    let guarded = world.run(&["repository", "delete", APP]);
    assert_eq!(guarded, (3, String::new(), refused));
    let words = ["repository", "delete", "--with-images", APP];
    assert_eq!(world.run(&words), done(&format!("deleted {APP}\n")));
    let gone = format!("dockside: note: {APP} is already gone\n");
    assert_eq!(world.run(&words), (0, String::new(), gone));
    let google = world.google();
    let left: Vec<&String> = google.store.repositories.keys().collect();
    assert_eq!(left, ["p/r/app-debug"]);
}
