//! Verbs that are the same for every brand.

use super::World;
use crate::brands::commands::{fill, lists_all, push_and_pull};

#[test]
fn push_and_pull_of_an_image() {
    let world = World::new();
    let name = "ghcr.io/octo/app:v1";
    let digest = push_and_pull(world.home.path(), |words| world.run(words), name);
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
}

#[test]
fn list_of_ten_thousand_tags() {
    let world = World::new();
    fill(&mut world.github.lock().unwrap().store, "octo/app");
    let listed = world.run(&["tags", "--long", "ghcr.io/octo/app"]);
    lists_all(&world.github.lock().unwrap().store, "octo/app", &listed);
    let seen = world.network.seen();
    assert_eq!(seen[0], "GET api.github.com/users/octo 200");
    assert_eq!(seen.len(), 1 + 100);
}
