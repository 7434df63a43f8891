//! Refusals, each as what it is.

use dockside::registry::Brand;

use super::{APP, World};
use crate::support::vendor::{Answer, Fault, Seen};

type Failure = (String, Option<String>, Option<&'static str>);

fn untag(world: &World) -> Result<bool, Failure> {
    let tag = "v1".parse().unwrap();
    world.with(APP, async |brand: Box<dyn Brand>| brand.untag(&tag).await)
}

#[test]
fn not_allowed_says_which_permission() {
    let world = World::new();
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    world.google().denied.insert("artifactregistry.tags.delete");
    let message = format!(
        "{APP}:v1: Google Artifact Registry does not allow this (status 403): Permission \
         'artifactregistry.tags.delete' denied on resource (or it may not exist)."
    );
    let hint = "this needs the permission artifactregistry.tags.delete (the role \
                roles/artifactregistry.repoAdmin has all for images); Google may also say this of \
                a repository that does not exist";
    assert_eq!(
        untag(&world),
        Err((message, Some(hint.to_owned()), Some("not-allowed")))
    );
}

#[test]
fn not_authenticated() {
    let world = World::without_login();
    world.log_in("oauth2accesstoken", "ya29.over");
    let (message, _, reason) = untag(&world).unwrap_err();
    assert_eq!(
        message,
        format!(
            "{APP}:v1: Google Artifact Registry does not know who asks (status 401): Request had \
             invalid credentials."
        )
    );
    assert_eq!(reason, Some("not-authenticated"));
}

#[test]
fn rate_limited() {
    let world = World::new();
    let headers = [("Retry-After", "86400")];
    world
        .network
        .fault_always("DELETE artifactregistry", Fault::status(429, &headers));
    let (message, _, reason) = untag(&world).unwrap_err();
    assert_eq!(
        message,
        format!("{APP}:v1: Google Artifact Registry limits requests (status 429)")
    );
    assert_eq!(reason, Some("rate-limited"));
}

#[test]
fn an_api_that_is_switched_off() {
    let world = World::new();
    let body = r#"{"error":{"code":403,"message":"disabled","status":"PERMISSION_DENIED",
                   "details":[{"reason":"SERVICE_DISABLED"}]}}"#;
    let fault = Fault::Status(403, Vec::new(), body.to_owned());
    world.network.fault_always("DELETE artifactregistry", fault);
    let message =
        format!("{APP}:v1: Google Artifact Registry cannot do this (status 403): disabled");
    let hint = "switch the API on: `gcloud services enable artifactregistry.googleapis.com`";
    assert_eq!(
        untag(&world),
        Err((message, Some(hint.to_owned()), Some("unsupported")))
    );
}

/// That there is no such page does not mean that there is no such tag.
#[test]
fn a_page_that_is_not_there_is_no_tag_that_is_gone() {
    let world = World::new();
    let fault = Fault::Status(404, Vec::new(), "<html>".to_owned());
    world.network.fault_always("DELETE artifactregistry", fault);
    let (_, _, reason) = untag(&world).unwrap_err();
    assert_eq!(reason, Some("unsupported"));
}

/// A token goes to Google and to whom it belongs only.
#[test]
fn no_token_is_sent_to_a_host_that_the_user_only_calls_googles() {
    let world = World::new();
    let host = "us-docker.pkg.dev.example.com";
    world.network.answer(host, |_| Answer::new(404));
    let name = &format!("{host}/p/r/app:v1");
    world.run(&["untag", name, "--repo-container-registry", "gcr"]);
    let seen = world.network.requests();
    assert!(!seen.is_empty());
    let is_bare = |seen: &Seen| seen.host == host && seen.header("authorization").is_none();
    assert!(seen.iter().all(is_bare), "{:?}", world.network.seen());
}
