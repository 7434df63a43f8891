//! Harbor, against its emulator; every request of its REST API is one of its description.

use std::sync::{Arc, Mutex};

use dockside::oci::Digest;
use dockside::registry::{Created, Error};
use serde_json::Value;
use tempfile::TempDir;

use super::library::{at, lines, log_in, told};
use super::run;
use crate::oci;
use crate::support::brands::harbor::{ADMIN, Harbor, READER, ROBOT};
use crate::support::spec::Spec;
use crate::support::vendor::{Fault, Local, shared};

/// The path of the API below the repository `team/a/app`.
const APP: &str = "/api/v2.0/projects/team/repositories/a%252Fapp";

/// A Harbor, and somebody who is logged in there.
struct Bench {
    harbor: Arc<Mutex<Harbor>>,
    local: Local,
    home: TempDir,
}

impl Bench {
    fn start(login: (&str, &str)) -> Self {
        let harbor = shared(Harbor::new());
        let local = Local::start(&harbor);
        local.spec(Spec::find("harbor/swagger.yaml"));
        // The distribution API, and its tokens, are not Harbor's own.
        local.except(|request| !request.path.starts_with("/api/"));
        let home = tempfile::tempdir().unwrap();
        log_in(home.path(), &local.host(), login);
        Self {
            harbor,
            local,
            home,
        }
    }

    fn name(&self) -> String {
        format!("{}/team/a/app", self.local.host())
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &[], words)
    }

    fn brand(&self) -> Box<dyn dockside::registry::Brand> {
        at(self.home.path(), &[], &self.name(), |_| {})
    }

    fn tags(&self) -> Vec<String> {
        self.harbor.lock().unwrap().store.tags("team/a/app")
    }

    /// The requests of the REST API.
    fn rest(&self) -> Vec<String> {
        let mut seen = self.local.seen();
        seen.retain(|line| line.contains(" /api/"));
        seen
    }
}

#[test]
fn login_of_a_robot() {
    let bench = Bench::start(("nobody", "nothing"));
    let host = bench.local.host();
    let script = format!(
        "printf %s '{}' | {} login {host} --username '{}' --password-stdin",
        ROBOT.1,
        env!("CARGO_BIN_EXE_dockside"),
        ROBOT.0,
    );
    let mut shell = std::process::Command::new("sh");
    crate::support::isolate(&mut shell, bench.home.path());
    assert!(
        shell
            .args(["-c", &script])
            .output()
            .unwrap()
            .status
            .success()
    );
    let digest = {
        let store = &mut bench.harbor.lock().unwrap().store;
        store.push_image("team/a/app", Some("v1"), "one")
    };
    let (code, output, _) = bench.run(&[
        "inspect",
        &format!("{}:v1", bench.name()),
        "--output",
        "json",
    ]);
    let found: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, found["digest"].as_str()), (0, Some(digest.as_str())));
}

#[test]
fn push_and_pull_with_tokens() {
    let bench = Bench::start(ROBOT);
    let digest = {
        let store = &mut bench.harbor.lock().unwrap().store;
        store.push_image("team/a/app", Some("v1"), "one")
    };
    let (from, to) = (
        format!("{}:v1", bench.name()),
        format!("{}-copy:v2", bench.name()),
    );
    let (code, _, said) = bench.run(&["copy", &from, &to]);
    assert_eq!(code, 0, "{said}");
    let state = bench.harbor.lock().unwrap();
    assert_eq!(state.store.digest("team/a/app-copy", "v2"), Some(digest));
    assert_eq!(bench.rest(), [""; 0]);
}

#[test]
fn list_by_artifacts() {
    let bench = Bench::start(ROBOT);
    let (image, index, size, index_size) = {
        let mut state = bench.harbor.lock().unwrap();
        let store = &mut state.store;
        let image = store.push_image("team/a/app", Some("v1"), "one");
        store.tag("team/a/app", &image, "release-1");
        let child = store.push_image("team/a/app", None, "two");
        let index = store.push_index("team/a/app", Some("multi"), &[&child]);
        let sizes = [&image, &index].map(|digest| {
            let found = store.repositories["team/a/app"].find(digest).unwrap();
            found.size()
        });
        state
            .pulled
            .insert("team/a/app:v1".to_owned(), 1_700_001_000);
        (image, index, sizes[0], sizes[1])
    };
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert!(!listing.has_untagged);
    let made = "created=2024-05-01T10:00:00.123Z pulled=2023-11-14T22:30:00Z";
    let kind = "application/vnd.oci.image.manifest.v1+json";
    assert_eq!(
        lines(&listing),
        [
            format!(
                "release-1 {image} {kind} {size}B linux/amd64 pushed=2023-11-14T22:13:23Z {made} protected"
            ),
            format!("v1 {image} {kind} {size}B linux/amd64 pushed=2023-11-14T22:13:22Z {made}"),
            format!(
                "multi {index} application/vnd.oci.image.index.v1+json {index_size}B linux/amd64 \
                 pushed=2023-11-14T22:13:26Z"
            ),
        ]
    );
    assert_eq!(
        bench.local.seen(),
        [
            "GET /v2/ 401".to_owned(),
            format!(
                "GET {APP}/artifacts?page=1&page_size=100&with_tag=true&with_immutable_status=true\
                 &q=tags%3D*&sort=push_time 200"
            ),
        ]
    );
    let cookies = bench.local.requests();
    assert!(
        cookies
            .iter()
            .all(|request| request.header("cookie").is_none())
    );
}

/// Pushes `count` images, each with its tag.
fn push_many(bench: &Bench, count: usize) {
    let store = &mut bench.harbor.lock().unwrap().store;
    for number in 0..count {
        let words = format!("image {number}");
        store.push_image("team/a/app", Some(&format!("v{number:03}")), &words);
    }
}

#[test]
fn list_in_pages_of_a_hundred() {
    let bench = Bench::start(ROBOT);
    push_many(&bench, 250);
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    let tags: Vec<String> = listing
        .entries
        .iter()
        .map(|one| one.tags[0].to_string())
        .collect();
    let expected: Vec<String> = (0..250).map(|number| format!("v{number:03}")).collect();
    assert_eq!(tags, expected);
    assert_eq!(bench.rest().len(), 3);
}

#[test]
fn list_that_shrinks_is_read_again() {
    let bench = Bench::start(ROBOT);
    push_many(&bench, 250);
    let mut is_first = true;
    bench.harbor.lock().unwrap().before_page = Box::new(move |store, page| {
        if page == 2 && std::mem::take(&mut is_first) {
            let digest = store.digest("team/a/app", "v000").unwrap();
            store.remove("team/a/app", &digest);
        }
    });
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert_eq!(listing.entries.len(), 249);
    assert_eq!(bench.rest().len(), 2 + 3);
}

#[test]
fn list_that_may_not_be_whole_is_an_error() {
    for (counts, links) in [(true, false), (false, false)] {
        let bench = Bench::start(ROBOT);
        push_many(&bench, 150);
        {
            let mut state = bench.harbor.lock().unwrap();
            (state.counts, state.links) = (counts, links);
        }
        let error = oci::run(bench.brand().listing(8)).unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{error}");
    }
    let bench = Bench::start(ROBOT);
    push_many(&bench, 150);
    bench.harbor.lock().unwrap().counts = false;
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert_eq!(listing.entries.len(), 150);
}

#[test]
fn untag_leaves_siblings_and_the_image() {
    let bench = Bench::start(ROBOT);
    let digest = {
        let store = &mut bench.harbor.lock().unwrap().store;
        let digest = store.push_image("team/a/app", Some("v1"), "one");
        store.tag("team/a/app", &digest, "v2");
        digest
    };
    let name = bench.name();
    let (v1, v2) = (format!("{name}:v1"), format!("{name}:v2"));
    let (code, output, said) = bench.run(&["untag", &v1]);
    assert_eq!((code, output), (0, format!("untagged {v1}\n")), "{said}");
    assert_eq!(bench.tags(), ["v2"]);
    let delete =
        |tag: &str, status: u16| format!("DELETE {APP}/artifacts/{digest}/tags/{tag} {status}");
    assert_eq!(
        bench.local.seen(),
        [
            "GET /v2/ 401".to_owned(),
            format!("GET {APP}/artifacts/v1 200"),
            delete("v1", 200),
        ]
    );
    // The answer to the second one is lost.
    bench.local.fault(1, "DELETE", Fault::DropAfter);
    let (code, output, said) = bench.run(&["untag", &v2]);
    assert_eq!((code, output), (0, format!("untagged {v2}\n")), "{said}");
    let state = bench.harbor.lock().unwrap();
    assert!(
        state.store.repositories["team/a/app"]
            .find(&digest)
            .is_some()
    );
    drop(state);
    let (code, output, said) = bench.run(&["untag", &v2]);
    let gone = format!("dockside: note: {v2} is already gone\n");
    assert_eq!((code, output.as_str(), said), (0, "", gone));
}

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
fn delete_by_digest_with_all_tags() {
    let bench = Bench::start(ROBOT);
    let digest = {
        let store = &mut bench.harbor.lock().unwrap().store;
        let digest = store.push_image("team/a/app", Some("v1"), "one");
        store.tag("team/a/app", &digest, "v2");
        store.push_image("team/a/app", Some("other"), "two");
        digest
    };
    let name = bench.name();
    let v1 = format!("{name}:v1");
    let (code, output, said) = bench.run(&["delete", &v1]);
    let expected = format!(
        "dockside: error: {name}@{digest}: {name}@{digest} has other tags: v2\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n"
    );
    assert_eq!((code, output.as_str()), (3, ""), "{said}");
    assert!(
        said.ends_with(expected.split_once(": ").unwrap().1) || said == expected,
        "{said}"
    );
    bench.local.forget();
    let (code, output, said) = bench.run(&["delete", &v1, "--with-siblings"]);
    let expected = format!("untagged {name}:v1\nuntagged {name}:v2\ndeleted {name}@{digest}\n");
    assert_eq!((code, output), (0, expected), "{said}");
    assert_eq!(bench.tags(), ["other"]);
    assert_eq!(
        bench.rest().last().unwrap(),
        &format!("DELETE {APP}/artifacts/{digest} 200")
    );
    let brand = bench.brand();
    let gone: Digest = digest.parse().unwrap();
    assert!(!oci::run(brand.delete(&gone)).unwrap());
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
fn create_repository_makes_the_project() {
    let bench = Bench::start(ROBOT);
    assert_eq!(oci::run(bench.brand().create()).unwrap(), Created::Existed);
    assert_eq!(
        bench.rest(),
        ["HEAD /api/v2.0/projects?project_name=team 200"]
    );
    let name = format!("{}/new/app", bench.local.host());
    let error = oci::run(at(bench.home.path(), &[], &name, |_| {}).create()).unwrap_err();
    let expected = format!("{name}: Harbor does not allow this (status 403): forbidden");
    let hint = "this needs the right to make projects".to_owned();
    assert_eq!(told(error), (expected, hint, 4));
    log_in(bench.home.path(), &bench.local.host(), ADMIN);
    let brand = at(bench.home.path(), &[], &name, |_| {});
    assert_eq!(oci::run(brand.create()).unwrap(), Created::Made);
    let projects = bench.harbor.lock().unwrap().projects.clone();
    assert!(projects.contains("new"));
}

#[test]
fn delete_repository_unless_a_tag_is_immutable() {
    let bench = Bench::start(ROBOT);
    {
        let store = &mut bench.harbor.lock().unwrap().store;
        store.push_image("team/a/app", Some("release-1"), "one");
        store.push_image("team/a/app", Some("v1"), "two");
    }
    let brand = bench.brand();
    let error = oci::run(brand.remove()).unwrap_err();
    let expected = format!(
        "{} is protected from changes by Harbor (status 412): precondition",
        bench.name()
    );
    assert_eq!(told(error).0, expected);
    assert_eq!(bench.tags(), ["release-1", "v1"]);
    bench
        .harbor
        .lock()
        .unwrap()
        .store
        .untag("team/a/app", "release-1");
    assert!(oci::run(brand.remove()).unwrap());
    assert_eq!(
        bench.rest(),
        [format!("DELETE {APP} 412"), format!("DELETE {APP} 200")]
    );
    assert!(!oci::run(brand.remove()).unwrap());
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
