//! One tag goes, its siblings stay.

use super::{APP, REST, World};

#[test]
fn untag_leaves_siblings_and_the_manifest() {
    let world = World::new();
    let digest = {
        let mut google = world.google();
        let digest = google.store.push_image("p/r/app", Some("v1"), "one");
        google.store.tag("p/r/app", &digest, "v2");
        digest
    };
    let (code, output, said) = world.run(&["untag", &format!("{APP}:v1")]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(world.google().store.tags("p/r/app"), ["v2"]);
    let (code, _, said) = world.run(&["untag", &format!("{APP}:v2")]);
    assert_eq!((code, said.as_str()), (0, ""));
    let google = world.google();
    assert!(google.store.tags("p/r/app").is_empty());
    assert!(
        google
            .store
            .repository("p/r/app")
            .unwrap()
            .find(&digest)
            .is_some()
    );
}

#[test]
fn untag_is_one_request() {
    let world = World::new();
    world
        .google()
        .store
        .push_image("p/r/team/app", Some("v1"), "one");
    let name = "us-docker.pkg.dev/p/r/team/app";
    let tag = "v1".parse().unwrap();
    for expected in [true, false] {
        let done = world.with(name, async |brand| brand.untag(&tag).await);
        assert_eq!(done, Ok(expected));
    }
    let path = format!("DELETE {REST}/repositories/r/packages/team%2Fapp/tags/v1");
    assert_eq!(world.seen(), [format!("{path} 200"), format!("{path} 404")]);
}

/// Without an access token the registry itself is asked.
#[test]
fn untag_with_another_login_is_done_by_the_registry() {
    let world = World::without_login();
    world.log_in("somebody", super::TOKEN);
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let tag = "v1".parse().unwrap();
    for expected in [true, false] {
        let done = world.with(APP, async |brand| brand.untag(&tag).await);
        assert_eq!(done, Ok(expected));
    }
    let path = "DELETE us-docker.pkg.dev/v2/p/r/app/manifests/v1";
    assert_eq!(
        world.seen(),
        [
            format!("{path} 401"),
            format!("{path} 202"),
            format!("{path} 401"),
            format!("{path} 404"),
        ]
    );
}

#[test]
fn untag_of_an_immutable_tag_is_refused() {
    let world = World::new();
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    world.google().keep_tags();
    let tag = "v1".parse().unwrap();
    let done = world.with(APP, async |brand| brand.untag(&tag).await);
    let message = "us-docker.pkg.dev/p/r/app:v1 is protected from changes by Google Artifact \
                   Registry (status 400): the tag is immutable";
    let hint = "the repository has immutable tags, which are neither moved nor deleted: switch \
                that off there, or delete the whole image";
    assert_eq!(
        done,
        Err((message.to_owned(), Some(hint.to_owned()), Some("protected")))
    );
    assert_eq!(world.google().store.tags("p/r/app"), ["v1"]);
}

/// The names of Container Registry are repositories of the same names.
#[test]
fn untag_at_gcr_io() {
    let world = World::new();
    {
        let mut google = world.google();
        google
            .repositories
            .insert("example.com/p/gcr.io".to_owned());
        google
            .store
            .push_image("example.com/p/gcr.io/app", Some("v1"), "one");
    }
    let tag = "v1".parse().unwrap();
    let done = world.with("gcr.io/example.com/p/app", async |brand| {
        brand.untag(&tag).await
    });
    assert_eq!(done, Ok(true));
    assert_eq!(
        world.seen(),
        [
            "DELETE artifactregistry.googleapis.com/v1/projects/example.com:p/locations/us/\
             repositories/gcr.io/packages/app/tags/v1 200"
        ]
    );
}
