//! `repository create` and `repository delete`.

use super::Stage;
use crate::support::brands::quay::READER;

const NAME: &str = "quay.io/acme/group/app";

#[test]
fn create_repository_for_its_members() {
    let stage = Stage::admin();
    let words = ["repository", "create", NAME];
    let (code, output, said) = stage.run(&words);
    assert_eq!((code, output), (0, format!("created {NAME}\n")));
    let note = format!("dockside: note: {NAME} is private; its settings change that\n");
    assert_eq!(said, note);
    assert!(stage.quay().private.contains("acme/group/app"));
    let (code, output, said) = stage.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("unchanged {NAME}\n"));
    assert_eq!(
        stage.seen(),
        [
            "POST /api/v1/repository 201",
            "POST /api/v1/repository 400",
            "GET /api/v1/repository/acme/group/app 200",
        ]
    );
}

#[test]
fn create_repository_takes_an_oauth_token() {
    let stage = Stage::robot();
    let (code, _, said) = stage.run(&["repository", "create", NAME]);
    let expected = format!(
        "dockside: error: {NAME}: for this Quay takes an OAuth token, and there is none\n\
         dockside: hint: set WERF_REPO_QUAY_TOKEN, or log in as user $oauthtoken with the token \
         as password; a push makes it too, where the account may\n"
    );
    assert_eq!((code, said), (4, expected));
    assert_eq!(stage.network.seen(), [""; 0]);

    let variables = [("WERF_REPO_QUAY_TOKEN", READER)];
    let (code, _, said) = stage.run_with(&variables, &["repository", "create", NAME]);
    let expected = format!(
        "dockside: error: {NAME}: Quay does not allow this (status 403): insufficient scope\n\
         dockside: hint: this needs an OAuth token of the scope repo:create\n"
    );
    assert_eq!((code, said), (4, expected));
}

#[test]
fn delete_repository_with_everything_in_it() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let name = "quay.io/acme/app";
    let words = ["repository", "delete", name];
    let (code, _, said) = stage.run(&words);
    assert_eq!(code, 3, "{said}");
    stage.network.forget();
    let (code, output, said) = stage.run(&["repository", "delete", name, "--with-images"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("deleted {name}\n"));
    assert_eq!(stage.seen(), ["DELETE /api/v1/repository/acme/app 204"]);
    let (code, _, said) = stage.run(&["repository", "delete", name, "--with-images"]);
    let note = format!("dockside: note: {name} is already gone\n");
    assert_eq!((code, said), (0, note));
}

#[test]
fn names_have_two_parts_at_least() {
    let stage = Stage::admin();
    let (code, _, said) = stage.run(&["untag", "quay.io/app:v1"]);
    let expected = "dockside: error: quay.io/app: a repository of Quay has a name of at least two \
         parts\ndockside: hint: write NAMESPACE/NAME\n";
    assert_eq!((code, said.as_str()), (2, expected));
}
