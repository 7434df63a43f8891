//! A manifest goes with its tags; what is needed stays.

use std::sync::Arc;

use dockside::oci::Digest;

use super::{APP, HOST, REST, World};
use crate::support::vendor::{Fault, Request};

fn delete(
    world: &World,
    digest: &str,
) -> Result<bool, (String, Option<String>, Option<&'static str>)> {
    let digest: Digest = digest.parse().unwrap();
    world.with(APP, async |brand| brand.delete(&digest).await)
}

#[test]
fn delete_waits_until_the_manifest_and_its_tags_are_gone() {
    let world = World::new();
    world.google().polls = 3;
    let digest = {
        let store = &mut world.google().store;
        let digest = store.push_image("p/r/app", Some("v1"), "one");
        store.tag("p/r/app", &digest, "v2");
        store.push_image("p/r/app", Some("other"), "two");
        digest
    };
    assert_eq!(delete(&world, &digest), Ok(true));
    assert_eq!(world.google().store.tags("p/r/app"), ["other"]);
    assert_eq!(delete(&world, &digest), Ok(false));
    let version = format!("{REST}/repositories/r/packages/app/versions/{digest}?force=true");
    let look = format!("GET {REST}/operations/op-1 200");
    assert_eq!(
        world.seen(),
        [
            format!("DELETE {version} 200"),
            look.clone(),
            look.clone(),
            look,
            format!("DELETE {version} 404"),
        ]
    );
}

/// A tag that is pushed after all tags were looked at is a sibling too.
#[test]
fn delete_of_what_gets_another_tag_meanwhile_is_refused() {
    let world = World::new();
    let digest = world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let (google, pushed) = (Arc::clone(&world.google), digest.clone());
    let push = move |request: &Request| {
        if request.path.ends_with("/packages/app/tags") {
            google.lock().unwrap().store.tag("p/r/app", &pushed, "late");
        }
        false
    };
    world.network.fault_always(push, Fault::Drop);
    let (code, output, said) = world.run(&["delete", &format!("{APP}:v1")]);
    assert_eq!((code, output.as_str()), (3, ""));
    let expected = format!("error: {APP}@{digest} has other tags: late\n");
    assert!(said.contains(&expected), "{said}");
    assert_eq!(world.google().store.tags("p/r/app"), ["late", "v1"]);
}

/// A dry run finds out that tags are kept.
#[test]
fn delete_and_untag_of_immutable_tags_are_foreseen() {
    let world = World::new();
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    world.google().keep_tags();
    for verb in ["untag", "delete"] {
        let (code, output, said) = world.run(&[verb, &format!("{APP}:v1"), "--dry-run"]);
        assert_eq!((code, output.as_str()), (1, ""), "{said}");
        assert!(said.contains("the repository has immutable tags"), "{said}");
    }
    assert_eq!(world.google().store.tags("p/r/app"), ["v1"]);
}

/// The program deletes indexes before what they list.
#[test]
fn delete_of_an_index_with_its_children() {
    let world = World::new();
    let [index, one, two] = {
        let store = &mut world.google().store;
        let one = store.push_image("p/r/app", None, "one");
        let two = store.push_image("p/r/app", None, "two");
        let index = store.push_index("p/r/app", Some("multi"), &[&one, &two]);
        [index, one, two]
    };
    let names = [&index, &one, &two].map(|digest| format!("{APP}@{digest}"));
    let words = ["delete", &names[1], &names[2], &names[0], "--with-siblings"];
    let (code, output, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert!(world.google().store.manifests("p/r/app").is_empty());
}

#[test]
fn delete_of_what_an_index_lists_is_refused() {
    for refuses_late in [false, true] {
        let world = World::new();
        world.google().refuses_late = refuses_late;
        let child = {
            let store = &mut world.google().store;
            let child = store.push_image("p/r/app", Some("child"), "one");
            store.push_index("p/r/app", Some("multi"), &[&child]);
            child
        };
        let status = if refuses_late { 200 } else { 400 };
        let message = format!(
            "{APP}@{child} is in use, so Google Artifact Registry keeps it (status {status}): \
             the version is needed"
        );
        let hint = "an index lists it, or another manifest is attached to it: delete that first";
        assert_eq!(
            delete(&world, &child),
            Err((message, Some(hint.to_owned()), Some("in-use")))
        );
        assert_eq!(world.google().store.tags("p/r/app"), ["child", "multi"]);
    }
}

#[test]
fn delete_of_what_has_immutable_tags_is_refused() {
    let world = World::new();
    let digest = world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    world.google().keep_tags();
    let (message, hint, reason) = delete(&world, &digest).unwrap_err();
    assert_eq!(
        message,
        format!(
            "{APP}@{digest} is protected from changes by Google Artifact Registry (status 400): \
             the version is needed"
        )
    );
    assert!(
        hint.unwrap()
            .starts_with("the repository has immutable tags")
    );
    assert_eq!(reason, Some("protected"));
    let repository = format!("{REST}/repositories/r");
    let package = format!("{repository}/packages/app");
    let filter = format!(
        "version%3D%22projects%2Fp%2Flocations%2Fus%2Frepositories%2Fr%2Fpackages%2Fapp%2F\
         versions%2F{}%22",
        digest.replace(':', "%3A")
    );
    assert_eq!(
        world.seen(),
        [
            format!("DELETE {package}/versions/{digest}?force=true 400"),
            format!("GET {repository} 200"),
            format!("GET {package}/tags?filter={filter}&pageSize=1000 200"),
        ]
    );
}

/// The registry itself deletes no manifest that has tags, and its tags are not taken first: they
/// would be lost where an index keeps the manifest.
#[test]
fn delete_with_another_login_is_refused_while_there_are_tags() {
    let world = World::without_login();
    world.log_in("somebody", super::TOKEN);
    let digest = world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let (message, hint, reason) = delete(&world, &digest).unwrap_err();
    assert_eq!(
        message,
        format!(
            "{APP}@{digest} is in use, so Google Artifact Registry keeps it (status 400): \
             google manifest dangling tag"
        )
    );
    assert!(hint.unwrap().starts_with("it has tags: remove them first"));
    assert_eq!(reason, Some("in-use"));
    world.google().store.untag("p/r/app", "v1");
    assert_eq!(delete(&world, &digest), Ok(true));
    let path = format!("DELETE {HOST}/v2/p/r/app/manifests/{digest}");
    assert_eq!(
        world.seen(),
        [
            format!("{path} 401"),
            format!("{path} 400"),
            format!("{path} 401"),
            format!("{path} 202"),
        ]
    );
}
