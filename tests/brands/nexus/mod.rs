//! Nexus 3, against its emulator; every request of its REST API is one of its description.

mod commands;
mod refusals;
mod tasks;

use std::sync::{Arc, Mutex};

use dockside::oci::Digest;
use dockside::registry::{Brand, Created, Error};
use serde_json::Value;
use tempfile::TempDir;

use super::library::{at, lines, log_in, told};
use super::run;
use crate::oci;
use crate::support::brands::nexus::{ADMIN, Kept, Nexus, READER, USER};
use crate::support::spec::Spec;
use crate::support::vendor::{Fault, Local, shared};

/// A repository in the store.
const APP: &str = "images/team/app";

/// A Nexus: its pages, and a connector for the repository `images`.
struct Bench {
    nexus: Arc<Mutex<Nexus>>,
    pages: Local,
    connector: Local,
    home: TempDir,
}

impl Bench {
    fn start(version: u32) -> Self {
        let nexus = shared(Nexus::new(version));
        let (pages, connector) = (Local::start(&nexus), Local::start(&nexus));
        let port = connector
            .host()
            .rsplit_once(':')
            .unwrap()
            .1
            .parse()
            .unwrap();
        nexus
            .lock()
            .unwrap()
            .repositories
            .get_mut("images")
            .unwrap()
            .port = Some(port);
        pages.spec(Spec::find("nexus/openapi.trimmed.yaml"));
        pages.spec(Spec::distribution());
        // Where paths name the repository, that is before `/v2/`; tokens are not described.
        pages.except(|request| {
            let known = ["/service/", "/v2/"];
            let is_known = known.iter().any(|start| request.path.starts_with(start));
            !is_known || request.path == "/v2/token"
        });
        let bench = Self {
            nexus,
            pages,
            connector,
            home: tempfile::tempdir().unwrap(),
        };
        bench.log_in(USER);
        bench
    }

    fn log_in(&self, login: (&str, &str)) {
        log_in(self.home.path(), &self.pages.host(), login);
    }

    /// The image by the repository's name in its path.
    fn name(&self) -> String {
        format!("{}/{APP}", self.pages.host())
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &[], words)
    }

    fn brand(&self) -> Box<dyn Brand> {
        at(self.home.path(), &[], &self.name(), |_| {})
    }

    fn push(&self, tag: &str, words: &str) -> String {
        let store = &mut self.nexus.lock().unwrap().store;
        store.push_image(APP, Some(tag), words)
    }

    fn tags(&self) -> Vec<String> {
        self.nexus.lock().unwrap().store.tags(APP)
    }

    /// The requests of the REST API that change something, or ask for components.
    fn rest(&self) -> Vec<String> {
        let mut seen = self.pages.seen();
        seen.retain(|line| line.contains(" /service/rest/v1/"));
        seen.retain(|line| !line.contains("/v1/status") && !line.contains("/v1/repositories 200"));
        seen.iter()
            .map(|line| line.replace("/service/rest/v1/", ""))
            .collect()
    }
}

#[test]
fn login_with_a_password() {
    let bench = Bench::start(90);
    let digest = bench.push("v1", "one");
    let tag = format!("{}:v1", bench.name());
    let (code, output, _) = bench.run(&["inspect", &tag, "--output", "json"]);
    let found: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, found["digest"].as_str()), (0, Some(digest.as_str())));
    bench.log_in(("ci", "wrong"));
    assert_eq!(bench.run(&["inspect", &tag]).0, 4);
}

#[test]
fn push_and_pull_by_path() {
    let bench = Bench::start(90);
    let digest = bench.push("v1", "one");
    let (from, to) = (
        format!("{}:v1", bench.name()),
        format!("{}-copy:v2", bench.name()),
    );
    let (code, _, said) = bench.run(&["copy", &from, &to]);
    assert_eq!(code, 0, "{said}");
    let state = bench.nexus.lock().unwrap();
    assert_eq!(
        state.store.digest("images/team/app-copy", "v2"),
        Some(digest)
    );
}

#[test]
fn list_by_search_and_the_registrys_tags() {
    let bench = Bench::start(90);
    let one = bench.push("v1", "one");
    {
        let mut state = bench.nexus.lock().unwrap();
        state
            .store
            .push_image("images/team/app-debug", Some("v1"), "debug");
        state.pulled.insert("team/app:v1".to_owned(), 1_700_001_000);
        state.store.push_image(APP, Some("gone"), "gone");
        state.freeze_index();
        // The search lags behind both.
        state.store.untag(APP, "gone");
    }
    let two = bench.push("v2", "two");
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    assert_eq!(
        lines(&listing),
        [
            format!("v1 {one} {kind} pushed=2023-11-14T22:13:22Z pulled=2023-11-14T22:30:00Z"),
            format!("v2 {two} {kind}"),
        ]
    );
    assert_eq!(
        bench.pages.seen(),
        [
            "GET /v2/ 401",
            "GET /service/rest/v1/status 200",
            "GET /service/rest/v1/repositories 200",
            "GET /service/rest/v1/search?repository=images&format=docker&name=team%2Fapp 200",
            "GET /v2/images/team/app/tags/list 200",
            "HEAD /v2/images/team/app/manifests/v2 200",
        ]
    );
}

#[test]
fn list_in_pages_of_fifty() {
    let bench = Bench::start(90);
    for number in 0..120 {
        bench.push(&format!("v{number:03}"), &format!("image {number}"));
    }
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert_eq!(listing.entries.len(), 120);
    assert_eq!(bench.rest().len(), 3);
    bench.nexus.lock().unwrap().loops = true;
    let error = oci::run(bench.brand().listing(8)).unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error}");
}

#[test]
fn untag_removes_the_component() {
    for version in [70, 90] {
        let bench = Bench::start(version);
        let digest = bench.push("v1", "one");
        bench.nexus.lock().unwrap().store.tag(APP, &digest, "v2");
        let tag = format!("{}:v1", bench.name());
        let (code, output, said) = bench.run(&["untag", &tag]);
        assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
        assert_eq!(bench.tags(), ["v2"]);
        let id = "aW1hZ2VzOnRlYW0vYXBwOnYx";
        assert_eq!(
            bench.rest(),
            [
                "GET search?repository=images&format=docker&name=team%2Fapp&version=v1 200"
                    .to_owned(),
                format!("GET components/{id} 200"),
                format!("DELETE components/{id} 204"),
            ]
        );
        let (code, output, said) = bench.run(&["untag", &tag]);
        let gone = format!("dockside: note: {tag} is already gone\n");
        assert_eq!((code, output.as_str(), said), (0, "", gone));
    }
}

#[test]
fn untag_of_what_the_search_does_not_know_yet() {
    let bench = Bench::start(90);
    bench.nexus.lock().unwrap().freeze_index();
    bench.push("v1", "one");
    // The answer is lost.
    bench.pages.fault(1, "DELETE", Fault::DropAfter);
    let tag = format!("{}:v1", bench.name());
    let (code, output, said) = bench.run(&["untag", &tag]);
    assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
    assert_eq!(bench.tags(), [""; 0]);
    assert_eq!(bench.rest()[1], "GET components?repository=images 200");
}

#[test]
fn delete_leaves_no_tag_before_and_since_3_89() {
    for version in [70, 90] {
        let bench = Bench::start(version);
        let digest = bench.push("v1", "one");
        bench.nexus.lock().unwrap().store.tag(APP, &digest, "v2");
        bench.push("other", "two");
        let name = bench.name();
        let (code, output, said) =
            bench.run(&["delete", &format!("{name}@{digest}"), "--with-siblings"]);
        let expected = format!("untagged {name}:v1\nuntagged {name}:v2\ndeleted {name}@{digest}\n");
        assert_eq!((code, output), (0, expected), "{said}");
        assert_eq!(bench.tags(), ["other"]);
        let state = bench.nexus.lock().unwrap();
        assert!(state.store.repositories[APP].find(&digest).is_none());
        drop(state);
        let brand = bench.brand();
        let digest: Digest = digest.parse().unwrap();
        assert!(!oci::run(brand.delete(&digest)).unwrap());
    }
}

#[test]
fn create_repository_by_path() {
    let bench = Bench::start(90);
    assert_eq!(oci::run(bench.brand().create()).unwrap(), Created::Existed);
    let name = format!("{}/new/app", bench.pages.host());
    let create = || oci::run(at(bench.home.path(), &[], &name, |_| {}).create());
    let expected = format!("{name}: Nexus does not allow this (status 403)");
    let hint = "this needs the privilege nx-repository-admin-docker-*-add".to_owned();
    assert_eq!(told(create().unwrap_err()), (expected, hint, 4));
    bench.log_in(ADMIN);
    assert_eq!(create().unwrap(), Created::Made);
    assert!(bench.nexus.lock().unwrap().repositories.contains_key("new"));
    let name = format!("{}/app", bench.connector.host());
    log_in(bench.home.path(), &bench.connector.host(), ADMIN);
    let brand = at(bench.home.path(), &[], &name, |settings| {
        let api = format!("{}/repository/newer", bench.pages.url());
        settings.api = Some(api.parse().unwrap());
    });
    let (message, ..) = told(oci::run(brand.create()).unwrap_err());
    let expected = format!("{name}: this registry cannot make a repository behind a connector");
    assert_eq!(message, expected);
}

#[test]
fn delete_repository_removes_the_image_alone() {
    let bench = Bench::start(90);
    for number in 0..120 {
        bench.push(&format!("v{number:03}"), &format!("image {number}"));
    }
    {
        let store = &mut bench.nexus.lock().unwrap().store;
        store.push_image("images/team/app/sub", Some("v1"), "sub");
        store.push_image("images/other", Some("v1"), "other");
    }
    let brand = bench.brand();
    assert!(oci::run(brand.remove()).unwrap());
    assert_eq!(bench.tags(), [""; 0]);
    let state = bench.nexus.lock().unwrap();
    assert_eq!(state.store.tags("images/team/app/sub"), ["v1"]);
    assert_eq!(state.store.tags("images/other"), ["v1"]);
    drop(state);
    let deletes = bench.rest();
    let deletes = deletes.iter().filter(|line| line.starts_with("DELETE"));
    assert_eq!(deletes.count(), 120);
    assert!(!oci::run(brand.remove()).unwrap());
}
