//! Harbor, against its emulator; every request of its REST API is one of its description.

mod commands;
mod garbage;
mod pages;
mod refusals;

use std::sync::{Arc, Mutex};

use dockside::oci::Digest;
use dockside::registry::Created;
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
        local.spec(Spec::distribution());
        // Its tokens are not described.
        local.except(|request| request.path == "/service/token");
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
        "dockside: error: {name}@{digest} has other tags: v2\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n"
    );
    assert_eq!((code, output.as_str(), said), (3, "", expected));
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
