//! An image goes with all its versions; the repository only when it is what is named.

use super::{APP, REST, World};

#[test]
fn remove_deletes_the_image_alone() {
    let world = World::new();
    {
        let store = &mut world.google().store;
        store.push_image("p/r/app", Some("v1"), "one");
        store.push_image("p/r/other", Some("v1"), "one");
    }
    for expected in [true, false] {
        let done = world.with(APP, async |brand| brand.remove().await);
        assert_eq!(done, Ok(expected));
    }
    let google = world.google();
    let left: Vec<&String> = google.store.repositories.keys().collect();
    assert_eq!(left, ["p/r/other"]);
    assert!(google.repositories.contains("p/r"));
    let package = format!("DELETE {REST}/repositories/r/packages/app");
    assert_eq!(
        world.seen(),
        [
            format!("{package} 200"),
            format!("GET {REST}/operations/op-1 200"),
            format!("{package} 404"),
        ]
    );
}

#[test]
fn remove_of_a_repository_that_is_named_itself() {
    let world = World::new();
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let done = world.with("us-docker.pkg.dev/p/r", async |brand| brand.remove().await);
    assert_eq!(done, Ok(true));
    assert!(world.google().repositories.is_empty());
    assert!(world.google().store.repositories.is_empty());
}

/// All images of a project are not named by the project's name alone.
#[test]
fn remove_of_a_whole_project_is_refused() {
    let world = World::new();
    let done = world.with("gcr.io/p", async |brand| brand.remove().await);
    let message = "gcr.io/p: this registry cannot delete this repository";
    let hint = "name an image of the project";
    assert_eq!(
        done,
        Err((
            message.to_owned(),
            Some(hint.to_owned()),
            Some("unsupported")
        ))
    );
    assert!(world.network.seen().is_empty());
}

/// Google says that it failed beside the word that it is done.
#[test]
fn remove_that_leaves_versions_fails() {
    let world = World::new();
    {
        let mut google = world.google();
        let digest = google.store.push_image("p/r/app", Some("v1"), "one");
        let name = format!("projects/p/locations/us/repositories/r/packages/app/versions/{digest}");
        google.failing.insert(name);
    }
    let digest = world.google().store.digest("p/r/app", "v1").unwrap();
    let done = world.with(APP, async |brand| brand.remove().await);
    let message = format!(
        "{APP} is in use, so Google Artifact Registry keeps it (status 200): 1 versions were not \
         deleted, such as {digest}"
    );
    assert_eq!(done, Err((message, None, Some("in-use"))));
}
