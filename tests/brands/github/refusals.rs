//! What GitHub refuses, and how that is told.

use std::sync::Arc;

use serde_json::Value;

use super::World;
use crate::support::brands::github::{JOB, PUSHER};
use crate::support::vendor::{Fault, Request};

/// Exit code, reason, error and hint of a command about one thing.
fn refused(world: &World, words: &[&str]) -> (i32, String, String, String) {
    let words = [words, &["--output", "json"]].concat();
    let (code, output, said) = world.run(&words);
    let document: Value = serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {said}"));
    let text = |name: &str| {
        let value = &document["results"][0][name];
        value.as_str().unwrap_or_default().to_owned()
    };
    (code, text("reason"), text("error"), text("hint"))
}

const LAST: &str = "GitHub keeps the last tagged version of a package: delete the package \
                    (`dockside repository delete`), or push another tag first";

#[test]
fn the_last_tag_of_a_package_is_not_touched() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", None, "untagged");
    assert_eq!(
        refused(&world, &["untag", "ghcr.io/octo/app:v1"]),
        (
            1,
            "in-use".to_owned(),
            "ghcr.io/octo/app:v1 is in use, so GitHub keeps it".to_owned(),
            LAST.to_owned(),
        )
    );
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
    let seen = world.network.seen();
    let writes = |line: &&String| !line.starts_with("GET ");
    assert_eq!(seen.iter().find(writes), None);
}

#[test]
fn the_last_tagged_version_stays() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", None, "untagged");
    let (code, reason, error, hint) = refused(&world, &["delete", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, reason.as_str(), hint.as_str()), (1, "in-use", LAST));
    assert_eq!(
        error,
        "ghcr.io/octo/app:v1 is in use, so GitHub keeps it (status 400): You cannot delete the \
         last tagged version of a package. You must delete the package instead."
    );
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
}

#[test]
fn what_many_have_downloaded_stays() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    world.github.lock().unwrap().downloads.insert(digest, 5001);
    let hint = "GitHub keeps public versions with more than 5,000 downloads, and packages that \
                have one: ask GitHub's support to delete it";
    for (words, subject) in [
        (
            &["delete", "ghcr.io/octo/app:v1"][..],
            "ghcr.io/octo/app:v1",
        ),
        (
            &["repository", "delete", "--with-images", "ghcr.io/octo/app"],
            "ghcr.io/octo/app",
        ),
    ] {
        let (code, reason, error, said) = refused(&world, words);
        assert_eq!(
            (code, reason.as_str(), said.as_str()),
            (1, "protected", hint)
        );
        let start = format!("{subject} is protected from changes by GitHub (status 400): Publicly");
        assert!(error.starts_with(&start), "{error}");
    }
    assert_eq!(world.tags("octo/app"), ["v1", "v2"]);
}

#[test]
fn scopes_are_shown() {
    let world = World::with_token(PUSHER);
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    let config = world.home.path().join(".docker/config.json");
    let origin = format!("auths of {} (key ghcr.io)", config.display());
    assert_eq!(
        refused(&world, &["delete", "ghcr.io/octo/app:v1"]),
        (
            4,
            "not-allowed".to_owned(),
            "ghcr.io/octo/app:v1: GitHub does not allow this (status 403): You need at least \
             delete:packages and read:packages scopes."
                .to_owned(),
            format!(
                "{origin} has the scopes read:packages, write:packages; this takes \
                 delete:packages, read:packages"
            ),
        )
    );
    world.network.forget();
    // To remove a tag something has to be pushed first: that is not begun.
    assert_eq!(
        refused(&world, &["untag", "ghcr.io/octo/app:v1"]),
        (
            4,
            "not-allowed".to_owned(),
            "ghcr.io/octo/app:v1: GitHub does not allow this".to_owned(),
            format!(
                "{origin} has the scopes read:packages, write:packages; deleting takes the \
                 scopes delete:packages and read:packages"
            ),
        )
    );
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
    let writes = |line: &&String| line.starts_with("P");
    assert_eq!(world.network.seen().iter().find(writes), None);
}

#[test]
fn a_tag_that_cannot_be_removed_is_put_back() {
    let world = World::with_token(JOB);
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    world.github.lock().unwrap().job_is_admin = false;
    let (code, reason, error, hint) = refused(&world, &["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, reason.as_str()), (4, "not-allowed"));
    let left = error.strip_prefix(
        "ghcr.io/octo/app:v1: GitHub does not allow this (status 403): Resource not accessible \
         by integration; an empty image stays, without a tag: ghcr.io/octo/app@",
    );
    assert!(
        world
            .digests("octo/app")
            .iter()
            .any(|one| Some(one.as_str()) == left),
        "{error}"
    );
    assert!(
        hint.contains("\"Manage Actions access\", the role Admin"),
        "{hint}"
    );
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
}

#[test]
fn a_tag_that_is_pushed_meanwhile_stays() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    let other = world.push("octo/app", Some("v2"), "two");
    let (github, pushed) = (Arc::clone(&world.github), other.clone());
    // Somebody pushes between the push of the empty image and the look at it.
    let push = move |request: &Request| {
        if request.method == "HEAD" && request.path.ends_with("/v1") {
            github.lock().unwrap().store.tag("octo/app", &pushed, "v1");
        }
        false
    };
    world.network.fault_always(push, Fault::Drop);
    let (code, _, error, hint) = refused(&world, &["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, error.as_str(), hint.as_str()),
        (
            1,
            "ghcr.io/octo/app:v1 was pushed anew while it was being removed, and stays",
            "run the command again if it is to go too"
        )
    );
    assert_eq!(world.digest("octo/app", "v1"), Some(other.clone()));
    // The empty image is gone, and the one that the tag named before is not.
    let mut both = [digest, other];
    both.sort();
    assert_eq!(world.digests("octo/app"), both);
}

#[test]
fn a_tag_whose_version_never_appears_is_put_back() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    world.github.lock().unwrap().late = usize::MAX;
    let (code, reason, _, hint) = refused(&world, &["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, reason.as_str()), (1, "not-found"));
    assert_eq!(hint, "the registry has it: try again in some minutes");
    assert_eq!(world.digest("octo/app", "v1"), Some(digest));
}

#[test]
fn fine_grained_tokens_are_not_tried() {
    let world = World::with_token("github_pat_fine");
    world.push("octo/app", Some("v1"), "one");
    let (code, output, said) = world.run(&["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (
            1,
            "",
            "dockside: error: ghcr.io/octo/app: this registry cannot take fine-grained tokens \
             (github_pat_...)\n\
             dockside: hint: use a classic token (ghp_...) with the scopes delete:packages and \
             read:packages, or the job's GITHUB_TOKEN\n"
        )
    );
    assert!(world.network.seen().is_empty());
}

#[test]
fn limits_are_waited_for() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    let body = r#"{"message":"You have exceeded a secondary rate limit"}"#.to_owned();
    let headers = vec![("retry-after".to_owned(), "1".to_owned())];
    let fault = Fault::Status(403, headers, body);
    world.network.fault(1, "DELETE api.github.com", fault);
    let (code, _, said) = world.run(&["delete", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(world.tags("octo/app"), ["v2"]);
}

#[test]
fn a_limit_that_lasts_says_until_when() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    let headers = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "4102444800"),
    ];
    world
        .network
        .fault(1, "DELETE api.github.com", Fault::status(403, &headers));
    let (code, reason, error, hint) = refused(&world, &["delete", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, reason.as_str()), (1, "rate-limited"));
    assert_eq!(
        error,
        "ghcr.io/octo/app:v1: GitHub limits requests (status 403)"
    );
    assert!(hint.starts_with("try again after "), "{hint}");
    assert_eq!(world.tags("octo/app"), ["v1", "v2"]);
}

#[test]
fn a_package_that_may_not_be_seen_is_not_gone() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    world
        .github
        .lock()
        .unwrap()
        .hidden
        .insert("octo/app".to_owned());
    let words = ["repository", "delete", "--with-images", "ghcr.io/octo/app"];
    let (code, reason, error, _) = refused(&world, &words);
    assert_eq!((code, reason.as_str()), (1, "not-found"));
    assert_eq!(
        error,
        "ghcr.io/octo/app does not exist at GitHub (status 404): Package not found."
    );
}

#[test]
fn a_list_that_repeats_itself_is_refused() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    let id = world.id("octo/app", &world.digest("octo/app", "v1").unwrap());
    let page = format!(
        r#"[{{"id":{id},"name":"sha256:{}","metadata":{{"container":{{"tags":["v1"]}}}}}}]"#,
        "a".repeat(64)
    );
    let next = "<https://api.github.com/orgs/octo/packages/container/app/versions?page=2>; \
                rel=\"next\"";
    let headers = vec![("Link".to_owned(), next.to_owned())];
    world
        .network
        .fault_always("/versions?", Fault::Status(200, headers, page));
    let (code, output, said) = world.run(&["tags", "--long", "ghcr.io/octo/app"]);
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(
        said.contains("GitHub answered something else than it should"),
        "{said}"
    );
}
