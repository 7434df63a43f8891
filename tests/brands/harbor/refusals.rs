//! What Harbor refuses, and who is told what.

use std::sync::Arc;

use dockside::oci::Digest;

use super::{ADMIN, APP, Bench, READER, ROBOT};
use crate::brands::library::{at, log_in, told};
use crate::oci;
use crate::support::vendor::Fault;

#[test]
fn untag_of_what_may_not_be() {
    let bench = Bench::start(ROBOT);
    {
        let store = &mut bench.harbor.lock().unwrap().store;
        store.push_image("team/a/app", Some("release-1"), "one");
        store.push_image("team/a/app", Some("v1"), "two");
    }
    let name = bench.name();
    let refused = |bench: &Bench, tag: &str| bench.run(&["untag", &format!("{name}:{tag}")]);
    let expected = format!(
        "dockside: error: {name}:release-1 is protected from changes by Harbor (status 412): precondition\n\
         dockside: hint: a rule for immutable tags of the project keeps it: change the rule first\n"
    );
    assert_eq!(refused(&bench, "release-1"), (1, String::new(), expected));
    let verbs = [
        ["untag", &format!("{name}:release-1")],
        ["delete", &format!("{name}:release-1")],
    ];
    for words in verbs {
        let (code, output, said) = bench.run(&[&words[..], &["--dry-run"]].concat());
        assert_eq!((code, output.as_str()), (1, ""), "{said}");
        assert!(
            said.contains("is protected from changes by Harbor"),
            "{said}"
        );
    }
    let planned = bench.run(&["untag", &format!("{name}:v1"), "--dry-run"]);
    assert_eq!(
        planned,
        (0, format!("would untag {name}:v1\n"), String::new())
    );
    bench.harbor.lock().unwrap().read_only = true;
    let expected = format!(
        "dockside: error: {name}:v1: Harbor does not allow this (status 403): denied\n\
         dockside: hint: Harbor is read-only now: try again when it is not\n"
    );
    assert_eq!(refused(&bench, "v1"), (4, String::new(), expected));
    log_in(bench.home.path(), &bench.local.host(), READER);
    bench.harbor.lock().unwrap().read_only = false;
    let expected = format!(
        "dockside: error: {name}:v1: Harbor does not allow this (status 403): forbidden\n\
         dockside: hint: this needs the permission to delete tags\n"
    );
    assert_eq!(refused(&bench, "v1"), (4, String::new(), expected));
    assert_eq!(bench.tags(), ["release-1", "v1"]);
}

#[test]
fn untag_does_not_follow_a_tag_that_moves() {
    let bench = Bench::start(ROBOT);
    let (old, new) = {
        let store = &mut bench.harbor.lock().unwrap().store;
        let old = store.push_image("team/a/app", Some("v1"), "one");
        (old, store.push_image("team/a/app", Some("next"), "two"))
    };
    // Somebody pushes between the two requests.
    let harbor = Arc::clone(&bench.harbor);
    let path = format!("{APP}/artifacts/{old}/tags/v1");
    bench.local.except(move |request| {
        if request.method == "DELETE" && request.path == path {
            let moved = new.clone();
            harbor.lock().unwrap().store.tag("team/a/app", &moved, "v1");
        }
        false
    });
    let name = bench.name();
    let (code, output, said) = bench.run(&["untag", &format!("{name}:v1")]);
    let expected = format!(
        "dockside: error: {name}:v1 was pushed anew while it was being removed, and stays\n\
         dockside: hint: run the command again if it is to go too\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
    assert_eq!(bench.tags(), ["next", "v1"]);
}

#[test]
fn delete_of_what_is_in_use_or_protected() {
    let bench = Bench::start(ROBOT);
    let (child, kept) = {
        let store = &mut bench.harbor.lock().unwrap().store;
        let child = store.push_image("team/a/app", None, "one");
        store.push_index("team/a/app", Some("multi"), &[&child]);
        (
            child,
            store.push_image("team/a/app", Some("release-1"), "two"),
        )
    };
    let name = bench.name();
    let brand = bench.brand();
    let refused = |digest: &str| {
        let digest: Digest = digest.parse().unwrap();
        told(oci::run(brand.delete(&digest)).unwrap_err())
    };
    let expected = format!(
        "{name}@{child} is in use, so Harbor keeps it (status 412): violate foreign key constraint"
    );
    assert_eq!(refused(&child), (expected, String::new(), 1));
    let expected =
        format!("{name}@{kept} is protected from changes by Harbor (status 412): precondition");
    let hint = "a rule for immutable tags of the project keeps it: change the rule first";
    assert_eq!(refused(&kept), (expected, hint.to_owned(), 1));
}

#[test]
fn credentials_of_the_settings_only_where_they_are_for() {
    let bench = Bench::start(READER);
    bench
        .harbor
        .lock()
        .unwrap()
        .store
        .push_image("team/a/app", Some("v1"), "one");
    let host = bench.local.host();
    let name = bench.name();
    let users = |registry: Option<String>| {
        bench.local.forget();
        let brand = at(bench.home.path(), &[], &name, |settings| {
            settings.registry = registry;
            settings.harbor_username = Some(ADMIN.0.to_owned());
            settings.harbor_password = Some(ADMIN.1.into());
        });
        oci::run(brand.listing(8)).unwrap();
        let requests = bench.local.requests();
        let basic = requests.iter().filter_map(|request| request.basic());
        basic.map(|(user, _)| user).collect::<Vec<_>>()
    };
    assert_eq!(users(Some(host)), ["admin"]);
    // What a registry says of itself is not enough.
    assert_eq!(users(Some("other.example.com".to_owned())), ["reader"]);
    assert_eq!(users(None), ["reader"]);
}

#[test]
fn limits_and_scans_are_told() {
    let bench = Bench::start(ROBOT);
    bench
        .harbor
        .lock()
        .unwrap()
        .store
        .push_image("team/a/app", Some("v1"), "one");
    bench.local.fault(
        1,
        "/artifacts/v1",
        Fault::status(429, &[("Retry-After", "0")]),
    );
    bench.harbor.lock().unwrap().scans = true;
    let name = bench.name();
    let tag = format!("{name}:v1");
    // A scan keeps nobody from removing a tag.
    let (code, output, said) = bench.run(&["inspect", &tag]);
    let expected = format!(
        "dockside: error: {tag}: the registry answered 412: projectpolicyviolation\n\
         dockside: hint: a policy of the project prevents the pull; while a scan is under way, \
         try again later\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
    let (code, output, said) = bench.run(&["untag", &tag]);
    assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
}
