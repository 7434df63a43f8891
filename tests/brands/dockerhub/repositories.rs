//! `repository create` and `repository delete`, and what brand it is.

use super::Stage;
use crate::support::brands::dockerhub::{ORGANISATION, SHARED};

const NAME: &str = "docker.io/acme/app";

#[test]
fn create_repository_for_its_members() {
    let stage = Stage::admin();
    let words = ["repository", "create", "acme/app"];
    let (code, output, said) = stage.run(&words);
    assert_eq!((code, output), (0, format!("created {NAME}\n")));
    let note = format!("dockside: note: {NAME} is private; its settings change that\n");
    assert_eq!(said, note);
    assert!(stage.hub().private.contains("acme/app"));
    stage.network.forget();

    let (code, output, said) = stage.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("unchanged {NAME}\n"));
    assert_eq!(
        stage.network.seen(),
        [
            "POST hub.docker.com/v2/auth/token 200",
            "POST hub.docker.com/v2/namespaces/acme/repositories 400",
            "GET hub.docker.com/v2/namespaces/acme/repositories/app 200",
        ]
    );
}

#[test]
fn create_repository_with_a_token_that_may_not() {
    let stage = Stage::new().login(ORGANISATION, SHARED);
    let (code, output, said) = stage.run(&["repository", "create", "acme/app"]);
    let expected = format!(
        "dockside: error: {NAME}: Docker Hub does not allow this (status 403): access denied: \
         insufficient scope\n\
         dockside: hint: this needs an access token that may write, of a user who may create \
         repositories there\n"
    );
    assert_eq!((code, output.as_str(), said), (4, "", expected));
}

#[test]
fn delete_repository_with_everything_in_it() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let (code, _, said) = stage.run(&["repository", "delete", "acme/app"]);
    assert_eq!(code, 3, "{said}");
    assert_eq!(stage.tags(), ["v1"]);
    stage.network.forget();

    let words = ["repository", "delete", "acme/app", "--with-images"];
    let (code, output, said) = stage.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("deleted {NAME}\n"));
    assert!(stage.hub().store.repository("acme/app").is_none());
    assert_eq!(
        stage.network.seen(),
        [
            "POST hub.docker.com/v2/auth/token 200",
            "DELETE hub.docker.com/v2/repositories/acme/app/ 202",
        ]
    );
    let (code, _, said) = stage.run(&words);
    let note = format!("dockside: note: {NAME} is already gone\n");
    assert_eq!((code, said), (0, note));
}

#[test]
fn names_have_two_parts() {
    let stage = Stage::admin();
    let (code, _, said) = stage.run(&["untag", "docker.io/a/b/c:v1"]);
    let expected = "dockside: error: docker.io/a/b/c: a repository of Docker Hub has a name of \
         two parts\ndockside: hint: write NAMESPACE/NAME\n";
    assert_eq!((code, said.as_str()), (2, expected));
}

#[test]
fn detected_by_any_name_of_the_host() {
    let stage = Stage::new();
    for name in ["app", "index.docker.io/a/b", "registry-1.docker.io/a/b"] {
        let (code, output, said) = stage.run(&["detect", "--repo", name]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(output.contains("dockerhub"), "{output}");
    }
    assert_eq!(stage.network.seen(), [""; 0]);
}
