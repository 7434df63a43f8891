//! What GitLab refuses, and how that is told.

use serde_json::Value;

use super::{PATH, World};
use crate::brands::run;
use crate::support::brands::gitlab::{DEPLOY, JOB, USER, Version};
use crate::support::vendor::{Fault, Seen};

/// Exit code, reason, error and hint of a command about one reference.
fn refused(world: &World, words: &[&str], reference: &str) -> (i32, String, String, String) {
    let words = [words, &["--output", "json"]].concat();
    let (code, output, said) = world.run(&words, reference);
    let document: Value = serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {said}"));
    let text = |name: &str| {
        let value = &document["results"][0][name];
        value.as_str().unwrap_or_default().to_owned()
    };
    (code, text("reason"), text("error"), text("hint"))
}

fn logins(world: &World) -> usize {
    let seen = world.seen();
    seen.iter()
        .filter(|line| line.contains("/jwt/auth"))
        .count()
}

#[test]
fn rules_are_final() {
    for code in ["PROTECTED_TAG", "IMMUTABLE_TAG"] {
        for challenges in [false, true] {
            let world = World::new(JOB);
            world.push(Some("v1"), "one");
            {
                let mut gitlab = world.gitlab.lock().unwrap();
                gitlab.protect("v1", code);
                gitlab.challenges = challenges;
            }
            let (exit, reason, error, hint) = refused(&world, &["untag"], ":v1");
            assert_eq!((exit, reason.as_str()), (1, "protected"));
            let said = code.to_lowercase().replace('_', " ");
            assert_eq!(
                error,
                format!(
                    "registry.gitlab.com/{PATH}:v1 is protected from changes by GitLab (status \
                     401): {said}"
                )
            );
            assert!(
                hint.starts_with("a rule of the project protects it"),
                "{hint}"
            );
            assert_eq!(world.tags(), ["v1"]);
            // No other token would help, and failed logins bring a ban.
            assert_eq!(logins(&world), 1);
        }
    }
}

#[test]
fn a_push_to_a_protected_tag_is_final_too() {
    let world = World::new(JOB);
    world.push(Some("v1"), "one");
    world.push(Some("v2"), "two");
    world.gitlab.lock().unwrap().protect("v1", "PROTECTED_TAG");
    let from = format!("registry.gitlab.com/{PATH}:v2");
    let words = ["tag", &from, "v1"];
    let (code, _, said) = run(world.home.path(), &world.network.environment(), &words);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("the registry answered 401: protected tag"),
        "{said}"
    );
    assert!(
        said.contains("a rule of the project protects this tag"),
        "{said}"
    );
    let repository = format!("registry.gitlab.com/v2/{PATH}/manifests");
    let token = |actions| format!("GET gitlab.com/jwt/auth?repository:{PATH}:{actions} 200");
    assert_eq!(
        world.seen(),
        [
            format!("GET {repository}/v2 401"),
            token("pull"),
            format!("GET {repository}/v2 200"),
            token("pull,push"),
            format!("PUT {repository}/v1 401"),
            format!("HEAD {repository}/v1 200"),
        ]
    );
}

#[test]
fn nothing_goes_by_digest_where_tags_are_protected() {
    let world = World::new(USER);
    world.push(Some("v1"), "one");
    world.push(Some("v2"), "two");
    world.gitlab.lock().unwrap().protect("v2", "PROTECTED_TAG");
    let (code, reason, error, hint) = refused(&world, &["delete"], ":v1");
    assert_eq!((code, reason.as_str()), (1, "protected"), "{error}");
    assert!(
        hint.contains("remove its tags with `dockside untag`"),
        "{hint}"
    );
    assert_eq!(world.tags(), ["v1", "v2"]);
}

#[test]
fn children_of_indexes_stay() {
    let world = World::new(USER);
    let child = world.push(None, "one");
    world
        .gitlab
        .lock()
        .unwrap()
        .store
        .push_index(PATH, None, &[&child]);
    let (code, reason, error, hint) = refused(&world, &["delete"], &format!("@{child}"));
    assert_eq!((code, reason.as_str()), (1, "in-use"), "{error}");
    assert_eq!(hint, "an index lists it: delete that first");
    assert_eq!(world.count(), 2);
}

#[test]
fn deploy_tokens_cannot_delete() {
    let world = World::new(DEPLOY);
    world.push(Some("v1"), "one");
    let (code, reason, error, hint) = refused(&world, &["untag"], ":v1");
    assert_eq!((code, reason.as_str()), (4, "not-allowed"));
    assert_eq!(
        error,
        format!(
            "registry.gitlab.com/{PATH}:v1: GitLab does not allow this (status 401): unauthorized"
        )
    );
    assert!(hint.ends_with("deploy tokens cannot delete"), "{hint}");
    assert_eq!(world.tags(), ["v1"]);
    // The service grants less without a word: asking again is no use.
    assert_eq!(
        (logins(&world), world.gitlab.lock().unwrap().failed),
        (1, 0)
    );
    let words = ["repository", "delete", "--with-images"];
    let (code, _, error, hint) = refused(&world, &words, "");
    assert_eq!(code, 4);
    assert_eq!(
        error,
        format!("registry.gitlab.com/{PATH}: GitLab's REST API needs a token")
    );
    assert!(
        hint.ends_with("deploy tokens are for the registry only"),
        "{hint}"
    );
}

#[test]
fn deploy_tokens_cannot_delete_from_another_registry_either() {
    let world = World::own(Version::Foreign, DEPLOY);
    let digest = world.push(Some("v1"), "one");
    world.tag(&digest, "v2");
    let (code, reason, ..) = refused(&world, &["untag"], ":v1");
    assert_eq!((code, reason.as_str()), (4, "not-allowed"));
    assert_eq!(
        (world.tags(), world.count()),
        (vec!["v1".to_owned(), "v2".to_owned()], 1)
    );
}

#[test]
fn the_collectors_lock_is_waited_for() {
    let world = World::new(JOB);
    world.push(Some("v1"), "one");
    world
        .network
        .fault(2, "/manifests/v1", Fault::status(503, &[]));
    let (code, _, said) = world.run(&["untag"], ":v1");
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(world.tags().is_empty());
}

#[test]
fn a_protected_repository_stays() {
    let world = World::new(USER);
    world.push(Some("v1"), "one");
    world.gitlab.lock().unwrap().protect("v1", "PROTECTED_TAG");
    let words = ["repository", "delete", "--with-images"];
    let (code, reason, error, _) = refused(&world, &words, "");
    assert_eq!((code, reason.as_str()), (4, "not-allowed"));
    assert_eq!(
        error,
        format!(
            "registry.gitlab.com/{PATH}: GitLab does not allow this (status 403): 403 Forbidden - \
             Deleting protected container repository forbidden."
        )
    );
}

#[test]
fn a_list_that_repeats_itself_is_refused() {
    let world = World::new(JOB);
    world.push(Some("v1"), "one");
    let digest = format!("sha256:{}", "a".repeat(64));
    let page = format!(r#"[{{"name":"v1","digest":"{digest}"}}]"#);
    let next = format!("</gitlab/v1/repositories/{PATH}/tags/list/?n=1000>; rel=\"next\"");
    let headers = vec![("Link".to_owned(), next)];
    world
        .network
        .fault_always("/tags/list/", Fault::Status(200, headers, page));
    let (code, output, said) = world.run(&["tags", "--long"], "");
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(said.contains("the list of tags has no end"), "{said}");
}

#[test]
fn the_token_of_the_job_goes_to_its_own_instance_only() {
    let world = World::own(Version::Modern, DEPLOY);
    world.push(Some("v1"), "one");
    let mut environment = world.network.environment();
    for (name, value) in [
        ("CI_JOB_TOKEN", JOB.1),
        ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    let name = format!("registry.example.com/{PATH}");
    let words = ["repository", "delete", "--with-images", &name];
    let (code, ..) = run(world.home.path(), &environment, &words);
    assert_eq!(code, 4);
    let has = |seen: &Seen| seen.headers.iter().any(|(_, value)| value.contains(JOB.1));
    assert!(!world.network.requests().iter().any(has));

    environment.pop();
    environment.push((
        "CI_API_V4_URL".to_owned(),
        "https://git.example.com/api/v4".to_owned(),
    ));
    let (code, ..) = run(world.home.path(), &environment, &words);
    assert_eq!(code, 0);
    assert_eq!(world.gitlab.lock().unwrap().scheduled, [PATH]);
}
