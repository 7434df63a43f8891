//! `untag` and `delete`.

use super::Stage;
use crate::support::brands::dockerhub::{ORGANISATION, SHARED, WRITER};
use crate::support::vendor::Fault;

const V1: &str = "docker.io/acme/app:v1";

#[test]
fn untag_leaves_siblings() {
    let stage = Stage::admin();
    let digest = stage.push("one", &["sibling", "v1"]);
    let (code, output, said) = stage.run(&["untag", "acme/app:v1"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("untagged {V1}\n"));
    assert_eq!(stage.tags(), ["sibling"]);
    assert!(stage.has(&digest));
    assert_eq!(
        stage.network.seen(),
        [
            "POST hub.docker.com/v2/auth/token 200",
            "DELETE hub.docker.com/v2/repositories/acme/app/tags/v1/ 204",
        ]
    );
    let (code, output, said) = stage.run(&["untag", "acme/app:v1"]);
    assert_eq!((code, output.as_str()), (0, ""));
    assert_eq!(said, format!("dockside: note: {V1} is already gone\n"));
}

#[test]
fn untag_with_a_token_that_may_not() {
    let cases = [
        (
            "writer",
            WRITER,
            "this needs a personal access token of the scope Read, Write, Delete (repo:admin), of \
             a user who may administer the repository",
        ),
        (
            ORGANISATION,
            SHARED,
            "this needs a personal access token (scope Read, Write, Delete): access tokens of an \
             organisation cannot delete",
        ),
    ];
    for (user, secret, hint) in cases {
        let stage = Stage::new().login(user, secret);
        stage.push("one", &["v1"]);
        let (code, output, said) = stage.run(&["untag", "acme/app:v1"]);
        let expected = format!(
            "dockside: error: {V1}: Docker Hub does not allow this (status 403): access denied: \
             insufficient scope\ndockside: hint: {hint}\n"
        );
        assert_eq!((code, output.as_str(), said), (4, "", expected));
        assert_eq!(stage.tags(), ["v1"]);
    }
}

#[test]
fn untag_without_a_login_asks_nobody() {
    let stage = Stage::new();
    stage.push("one", &["v1"]);
    let (code, _, said) = stage.run(&["untag", "acme/app:v1"]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.starts_with(
            "dockside: error: there is no identity to log in to Docker Hub's API with: "
        ),
        "{said}"
    );
    assert_eq!(stage.network.seen(), [""; 0]);
}

#[test]
fn untag_of_an_immutable_tag() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    stage.hub().keep("v1");
    let (code, _, said) = stage.run(&["untag", "acme/app:v1"]);
    let expected = format!(
        "dockside: error: {V1} is protected from changes by Docker Hub (status 403): tag is \
         immutable\ndockside: hint: a rule of the registry protects it: change the rule first\n"
    );
    assert_eq!((code, said), (1, expected));
}

/// The API says the same of what it does not show; the registry says more.
#[test]
fn untag_of_what_the_api_does_not_show() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let gone = Fault::status(404, &[]);
    stage.network.fault_always("DELETE hub.docker.com", gone);
    let (code, _, said) = stage.run(&["untag", "acme/app:v1"]);
    assert_eq!(code, 4);
    assert!(
        said.starts_with(&format!(
            "dockside: error: {V1}: Docker Hub does not allow this (status 404)\n"
        )),
        "{said}"
    );
}

#[test]
fn delete_removes_tags_then_the_manifest() {
    let stage = Stage::admin();
    let digest = stage.push("one", &["a", "b"]);
    let other = stage.push("two", &["c"]);
    // The API does not list it yet.
    stage.hub().late.insert("b".to_owned());
    let (code, _, said) = stage.run(&["delete", "acme/app:a"]);
    assert_eq!(code, 3, "{said}");
    assert_eq!(stage.tags(), ["a", "b", "c"]);
    stage.network.forget();

    let (code, output, said) = stage.run(&["delete", "acme/app:a", "--with-siblings"]);
    let name = "docker.io/acme/app";
    assert_eq!((code, said.as_str()), (0, ""));
    let expected = format!("untagged {name}:a\nuntagged {name}:b\ndeleted {name}@{digest}\n");
    assert_eq!(output, expected);
    assert_eq!(stage.tags(), ["c"]);
    assert!(!stage.has(&digest) && stage.has(&other));
    let zero = "0".repeat(64);
    let registry = "registry-1.docker.io/v2/acme/app";
    let api = "hub.docker.com/v2";
    assert_eq!(
        stage.seen(),
        [
            format!("POST {api}/auth/token 200"),
            format!("GET {api}/namespaces/acme/repositories/app/tags?page=1&page_size=100 200"),
            format!("GET {registry}/tags/list 200"),
            format!("HEAD {registry}/manifests/b 200"),
            format!("GET {registry}/referrers/{digest} 200"),
            format!("DELETE {registry}/manifests/sha256:{zero} 404"),
            format!("GET {api}/namespaces/acme/repositories/app 200"),
            format!("HEAD {registry}/manifests/a 200"),
            format!("DELETE {api}/repositories/acme/app/tags/a/ 204"),
            format!("HEAD {registry}/manifests/b 200"),
            format!("DELETE {api}/repositories/acme/app/tags/b/ 204"),
            format!("DELETE {registry}/manifests/{digest} 202"),
        ]
    );
}

/// Whichever of the two truths holds.
#[test]
fn delete_where_the_registry_deletes_what_is_tagged() {
    let stage = Stage::admin();
    stage.hub().deletes_what_is_tagged();
    let digest = stage.push("one", &["a"]);
    let other = stage.push("two", &["b"]);
    let (code, _, said) = stage.run(&["delete", "acme/app:a"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(!stage.has(&digest) && stage.has(&other));
}

#[test]
fn delete_where_nothing_can_be_deleted_changes_nothing() {
    let stage = Stage::admin();
    stage.hub().deletes_nothing();
    stage.push("one", &["a"]);
    let (code, _, said) = stage.run(&["delete", "acme/app:a"]);
    let expected = "dockside: error: docker.io/acme/app: this registry cannot delete manifests\n\
         dockside: hint: remove the tags with `dockside untag`; Docker Hub's web pages delete the \
         images (Image Management)\n";
    assert_eq!((code, said.as_str()), (1, expected));
    assert_eq!(stage.tags(), ["a"]);
}

#[test]
fn delete_with_an_immutable_tag_changes_nothing() {
    let stage = Stage::admin();
    stage.push("one", &["a", "v1"]);
    stage.hub().keep("v1");
    let (code, _, said) = stage.run(&["delete", "acme/app:a", "--with-siblings"]);
    let expected = format!(
        "dockside: error: {V1} is protected from changes by Docker Hub (status 200)\n\
         dockside: hint: a rule makes it immutable: change the repository's settings first\n"
    );
    assert_eq!((code, said), (1, expected));
    assert_eq!(stage.tags(), ["a", "v1"]);
}

/// An index without a tag is in no list.
#[test]
fn delete_of_what_an_index_needs() {
    let stage = Stage::admin();
    let digest = stage.push("one", &["a"]);
    stage.hub().store.push_index("acme/app", None, &[&digest]);
    let (code, _, said) = stage.run(&["delete", "acme/app:a"]);
    let name = format!("docker.io/acme/app@{digest}");
    let expected = format!(
        "dockside: note: {name} stays, without these of its tags: a\n\
         dockside: error: {name} is in use, so Docker Hub's registry keeps it (status 403): denied\n\
         dockside: hint: only what has no tag and is in no index is deleted: if tags were pushed \
         meanwhile, run the command again; else delete the index, and then this\n"
    );
    assert_eq!((code, said), (1, expected));
    assert!(stage.has(&digest));
}

/// A tag that somebody pushes while the image is deleted names the new image.
#[test]
fn delete_leaves_a_tag_that_has_moved() {
    let stage = Stage::admin();
    let digest = stage.push("one", &["a", "b"]);
    let other = stage.push("two", &[]);
    // It moves when the repository's rules are asked for.
    let hub = stage.hub.clone();
    let moves = other.clone();
    stage.network.fault(
        1,
        move |request: &crate::support::vendor::Request| {
            let due = request.path == "/v2/namespaces/acme/repositories/app";
            if due {
                hub.lock().unwrap().store.tag("acme/app", &moves, "b");
            }
            due
        },
        Fault::Delay(std::time::Duration::ZERO),
    );
    let (code, _, said) = stage.run(&["delete", "acme/app:a", "--with-siblings"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(stage.tags(), ["b"]);
    assert!(!stage.has(&digest) && stage.has(&other));
}

/// With some 500 the service goes on by itself.
#[test]
fn delete_that_fails_only_in_its_answer() {
    let stage = Stage::admin();
    let digest = stage.push("one", &["a"]);
    let zero = "0".repeat(64);
    let (hub, gone) = (stage.hub.clone(), digest.clone());
    let which = move |request: &crate::support::vendor::Request| {
        let due = request.method == "DELETE"
            && request.host == "registry-1.docker.io"
            && !request.path.ends_with(&zero)
            && request.header("authorization").is_some();
        if due {
            hub.lock().unwrap().store.remove("acme/app", &gone);
        }
        due
    };
    stage.network.fault_always(which, Fault::status(500, &[]));
    let words = ["delete", "acme/app:a", "--retry-timeout", "0"];
    let (code, output, said) = stage.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert!(output.ends_with(&format!("deleted docker.io/acme/app@{digest}\n")));
}
