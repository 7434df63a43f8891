//! What Nexus refuses, and what has to be said to it.

use std::sync::Arc;

use super::{ADMIN, APP, Bench, Kept, READER, USER};
use crate::brands::library::{at, log_in};
use crate::oci;

#[test]
fn untag_does_not_follow_a_tag_that_moves() {
    let bench = Bench::start(90);
    bench.push("v1", "one");
    let nexus = Arc::clone(&bench.nexus);
    bench.pages.except(move |request| {
        if request.path == "/service/rest/v1/search" {
            nexus
                .lock()
                .unwrap()
                .store
                .push_image(APP, Some("v1"), "two");
        }
        false
    });
    let tag = format!("{}:v1", bench.name());
    let (code, output, said) = bench.run(&["untag", &tag]);
    let expected = format!(
        "dockside: error: {tag} was pushed anew while it was being removed, and stays\n\
         dockside: hint: run the command again if it is to go too\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
    assert_eq!(bench.tags(), ["v1"]);
}

#[test]
fn untag_of_what_may_not_be() {
    let bench = Bench::start(90);
    bench.push("v1", "one");
    let tag = format!("{}:v1", bench.name());
    let policy = |bench: &Bench, kind, policy| {
        let mut state = bench.nexus.lock().unwrap();
        let kept = state.repositories.get_mut("images").unwrap();
        *kept = Kept {
            kind,
            policy,
            ..kept.clone()
        };
    };
    policy(&bench, "hosted", "DENY");
    let expected = format!(
        "dockside: error: {tag} is protected from changes by Nexus (status 400)\n\
         dockside: hint: the repository's deployment policy keeps it: change that first\n"
    );
    assert_eq!(bench.run(&["untag", &tag]), (1, String::new(), expected));
    policy(&bench, "group", "ALLOW");
    let expected = format!(
        "dockside: error: {}: this registry cannot remove anything: it is a group or a proxy of \
         other repositories\n\
         dockside: hint: name the hosted repository that has the image\n",
        bench.name()
    );
    assert_eq!(bench.run(&["untag", &tag]), (1, String::new(), expected));
    policy(&bench, "hosted", "ALLOW");
    bench.log_in(READER);
    let expected = format!(
        "dockside: error: {tag}: Nexus does not allow this (status 403)\n\
         dockside: hint: this needs the privilege nx-repository-view-docker-images-delete\n"
    );
    assert_eq!(bench.run(&["untag", &tag]), (4, String::new(), expected));
    assert_eq!(bench.tags(), ["v1"]);
}

#[test]
fn untag_behind_a_connector() {
    let bench = Bench::start(90);
    bench.push("v1", "one");
    bench.push("v2", "two");
    bench.push("v3", "three");
    let host = bench.connector.host();
    log_in(bench.home.path(), &host, USER);
    let name = format!("{host}/team/app");
    let untag = |tag: &str, api: Option<String>| {
        let tag = format!("{name}:{tag}");
        let mut words = vec!["untag".to_owned(), tag];
        words.extend(api.map(|api| format!("--repo-api={api}")));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        bench.run(&words)
    };
    let missing = |what: &str| {
        format!(
            "dockside: error: {name}: {what}\n\
             dockside: hint: give the repository's URL as Nexus shows it: --repo-api \
             https://NEXUS/repository/NAME (or DOCKSIDE_REPO_API)\n"
        )
    };
    let expected = missing("Nexus's REST API is not beside this registry");
    assert_eq!(untag("v1", None), (2, String::new(), expected));
    // The port tells administrators which repository it is.
    let pages = bench.pages.url();
    let expected = missing("which of Nexus's repositories this is cannot be told");
    assert_eq!(
        untag("v1", Some(pages.clone())),
        (2, String::new(), expected)
    );
    let named = |repository: &str| Some(format!("{pages}/repository/{repository}/"));
    let expected = missing("Nexus shows no repository for images other");
    assert_eq!(untag("v1", named("other")), (2, String::new(), expected));
    assert_eq!(bench.tags(), ["v1", "v2", "v3"]);
    assert_eq!(untag("v1", named("images")).0, 0);
    log_in(bench.home.path(), &host, ADMIN);
    assert_eq!(untag("v2", Some(pages.clone())).0, 0);
    assert_eq!(bench.tags(), ["v3"]);
    // Without the API there is a list, only without times.
    let brand = at(bench.home.path(), &[], &name, |_| {});
    assert_eq!(oci::run(brand.listing(8)).unwrap(), None);
    assert_eq!(oci::run(brand.tagged(8)).unwrap().len(), 1);
}
