//! Verbs that are the same for every brand.

use super::{DEPLOY, JOB, PATH, World};
use crate::brands::commands::{fill, lists_all, push_and_pull};
use crate::brands::run;

#[test]
fn push_and_pull_of_an_image() {
    let world = World::new(JOB);
    let environment = world.network.environment();
    let run = |words: &[&str]| run(world.home.path(), &environment, words);
    let name = format!("registry.gitlab.com/{PATH}:v1");
    let digest = push_and_pull(world.home.path(), run, &name);
    let gitlab = world.gitlab.lock().unwrap();
    assert_eq!(gitlab.store.digest(PATH, "v1"), Some(digest));
}

#[test]
fn list_of_ten_thousand_tags() {
    let world = World::new(DEPLOY);
    fill(&mut world.gitlab.lock().unwrap().store, PATH);
    let listed = world.run(&["tags", "--long"], "");
    lists_all(&world.gitlab.lock().unwrap().store, PATH, &listed);
    // The challenge and the token come before.
    assert_eq!(world.seen().len(), 2 + 10);
}
