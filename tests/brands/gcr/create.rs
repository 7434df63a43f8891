//! The repository that holds images is made.

use dockside::registry::Created;

use super::{REST, World};

#[test]
fn create_makes_the_repository_of_the_image() {
    let world = World::new();
    let name = "us-docker.pkg.dev/p/new/team/app";
    for expected in [Created::Made, Created::Existed] {
        let done = world.with(name, async |brand| {
            assert!(brand.needs_creating());
            brand.create().await
        });
        assert_eq!(done, Ok(expected));
    }
    assert!(world.google().repositories.contains("p/new"));
    let create = format!("POST {REST}/repositories?repositoryId=new");
    assert_eq!(
        world.seen(),
        [
            format!("{create} 200"),
            format!("GET {REST}/operations/op-1 200"),
            format!("{create} 409"),
        ]
    );
}

#[test]
fn create_of_a_repository_for_gcr_io() {
    let world = World::new();
    let done = world.with("gcr.io/p/app", async |brand| brand.create().await);
    assert_eq!(done, Ok(Created::Made));
    assert!(world.google().repositories.contains("p/gcr.io"));
}

#[test]
fn create_at_a_mirror_is_refused() {
    let world = World::new();
    let done = world.with("mirror.gcr.io/library/alpine", async |brand| {
        assert!(!brand.needs_creating());
        brand.create().await
    });
    let message = "mirror.gcr.io/library/alpine: this registry cannot make a repository";
    let hint = "Google keeps it for everybody to read";
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
