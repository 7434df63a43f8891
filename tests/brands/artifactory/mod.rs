//! Artifactory, against its emulator: whatever is not known of the real one is tried both ways.

mod commands;
mod homes;
mod indexes;
mod races;
mod refusals;

use std::sync::{Arc, Mutex};

use dockside::oci::Digest;
use dockside::registry::{Brand, Created};
use serde_json::Value;
use tempfile::TempDir;

use super::library::{at, lines, log_in, told};
use super::run;
use crate::oci;
use crate::support::brands::artifactory::{ADMIN, Artifactory, KEY, READER, USER};
use crate::support::vendor::{Local, shared};

/// A repository in the store.
const APP: &str = "images/team/app";

/// An Artifactory, and somebody who is logged in there.
struct Bench {
    artifactory: Arc<Mutex<Artifactory>>,
    local: Local,
    home: TempDir,
}

impl Bench {
    fn start() -> Self {
        let artifactory = shared(Artifactory::new());
        let local = Local::start(&artifactory);
        let home = tempfile::tempdir().unwrap();
        log_in(home.path(), &local.host(), USER);
        Self {
            artifactory,
            local,
            home,
        }
    }

    fn name(&self) -> String {
        format!("{}/{APP}", self.local.host())
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &[], words)
    }

    fn brand(&self) -> Box<dyn Brand> {
        at(self.home.path(), &[], &self.name(), |_| {})
    }

    fn push(&self, tag: &str, words: &str) -> String {
        let store = &mut self.artifactory.lock().unwrap().store;
        store.push_image(APP, Some(tag), words)
    }

    /// Pushes an index of two images; its digest, and theirs.
    fn push_index(&self, tag: &str, words: [&str; 2]) -> (String, [String; 2]) {
        let mut state = self.artifactory.lock().unwrap();
        let children = words.map(|words| state.store.push_image(APP, None, words));
        let index = state
            .store
            .push_index(APP, Some(tag), &[&children[0], &children[1]]);
        state.settle();
        (index, children)
    }

    fn tags(&self) -> Vec<String> {
        self.artifactory.lock().unwrap().store.tags(APP)
    }

    fn has(&self, digest: &str) -> bool {
        let state = self.artifactory.lock().unwrap();
        state.store.repositories[APP].find(digest).is_some()
    }

    /// The requests below `/artifactory/`, without those for tokens.
    fn rest(&self) -> Vec<String> {
        let mut seen = self.local.seen();
        seen.retain(|line| line.contains(" /artifactory/") && !line.contains("/v2/token"));
        seen.iter()
            .map(|line| line.replace("/artifactory/", ""))
            .collect()
    }
}

#[test]
fn login_with_a_token_service() {
    let bench = Bench::start();
    let digest = bench.push("v1", "one");
    let tag = format!("{}:v1", bench.name());
    let (code, output, _) = bench.run(&["inspect", &tag, "--output", "json"]);
    let found: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, found["digest"].as_str()), (0, Some(digest.as_str())));
}

#[test]
fn push_and_pull_with_tokens() {
    let bench = Bench::start();
    let digest = bench.push("v1", "one");
    let (from, to) = (
        format!("{}:v1", bench.name()),
        format!("{}-copy:v2", bench.name()),
    );
    let (code, _, said) = bench.run(&["copy", &from, &to]);
    assert_eq!(code, 0, "{said}");
    let state = bench.artifactory.lock().unwrap();
    assert_eq!(
        state.store.digest("images/team/app-copy", "v2"),
        Some(digest)
    );
}

#[test]
fn list_by_one_query() {
    let bench = Bench::start();
    let one = bench.push("v1", "one");
    let (index, [left, right]) = bench.push_index("multi", ["two", "three"]);
    {
        let mut state = bench.artifactory.lock().unwrap();
        state
            .store
            .push_image("images/team/app/sub", Some("v9"), "nested");
        state
            .store
            .push_image("images/team/app-debug", Some("v9"), "debug");
        state.pulled.insert(format!("{APP}:v1"), 1_700_001_000);
    }
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    let image = "application/vnd.oci.image.manifest.v1+json";
    let mut expected = [
        format!(
            "multi {index} application/vnd.oci.image.index.v1+json pushed=2023-11-14T22:13:26Z"
        ),
        format!("v1 {one} {image} pushed=2023-11-14T22:13:22Z pulled=2023-11-14T22:30:00Z"),
        format!(" {left} {image} pushed=2023-11-14T22:13:23Z"),
        format!(" {right} {image} pushed=2023-11-14T22:13:24Z"),
    ];
    let mut found = lines(&listing);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(listing.has_untagged);
    assert_eq!(
        bench.local.seen(),
        [
            "GET /v2/ 401",
            "GET /v2/images/team/app/tags/list 401",
            "POST /artifactory/api/search/aql 200",
        ]
    );
    let body = bench.local.requests().pop().unwrap().body.clone();
    assert_eq!(
        String::from_utf8(body).unwrap(),
        r#"items.find({"repo":"images","path":{"$match":"team/app/*"},"name":{"$match":"*manifest.json"}}).include("repo","path","name","created","modified","sha256","stat.downloaded","stat.downloads","property")"#
    );
    // The kind of each manifest is known without a request.
    bench.local.forget();
    let tagged = oci::run(bench.brand().tagged(8)).unwrap();
    let tagged: Vec<String> = tagged
        .iter()
        .map(|one| format!("{} {}", one.tag, one.digest))
        .collect();
    assert_eq!(tagged, [format!("multi {index}"), format!("v1 {one}")]);
    assert_eq!(bench.rest(), ["POST api/search/aql 200"]);
}

#[test]
fn untag_where_a_sibling_has_the_manifest() {
    let bench = Bench::start();
    let digest = bench.push("v1", "one");
    bench
        .artifactory
        .lock()
        .unwrap()
        .store
        .tag(APP, &digest, "v2");
    let tag = format!("{}:v1", bench.name());
    let (code, output, said) = bench.run(&["untag", &tag]);
    assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
    assert_eq!(bench.tags(), ["v2"]);
    assert_eq!(
        bench.rest(),
        [
            "GET api/repositories/images 200",
            "POST api/search/aql 200",
            "DELETE images/team/app/v1 204",
        ]
    );
    assert!(bench.artifactory.lock().unwrap().folders.is_empty());
    let (code, output, said) = bench.run(&["untag", &tag]);
    let gone = format!("dockside: note: {tag} is already gone\n");
    assert_eq!((code, output.as_str(), said), (0, "", gone));
}

#[test]
fn delete_removes_all_folders() {
    for (queries, deletes) in [(true, true), (true, false), (false, true)] {
        let bench = Bench::start();
        {
            let mut state = bench.artifactory.lock().unwrap();
            (state.queries, state.deletes) = (queries, deletes);
        }
        let digest = bench.push("v1", "one");
        {
            let mut state = bench.artifactory.lock().unwrap();
            state.store.tag(APP, &digest, "v2");
            state.folders.insert((APP.to_owned(), digest.clone()));
        }
        bench.push("other", "two");
        let name = bench.name();
        let (code, output, said) =
            bench.run(&["delete", &format!("{name}@{digest}"), "--with-siblings"]);
        let expected = format!("untagged {name}:v1\nuntagged {name}:v2\ndeleted {name}@{digest}\n");
        assert_eq!((code, output), (0, expected), "{said}");
        assert_eq!(bench.tags(), ["other"]);
        assert!(!bench.has(&digest));
        let digest: Digest = digest.parse().unwrap();
        assert!(!oci::run(bench.brand().delete(&digest)).unwrap());
    }
}

#[test]
fn create_repository_as_an_administrator() {
    let bench = Bench::start();
    assert_eq!(oci::run(bench.brand().create()).unwrap(), Created::Existed);
    let name = format!("{}/new/app", bench.local.host());
    let create = || oci::run(at(bench.home.path(), &[], &name, |_| {}).create());
    let expected = format!("{name}: Artifactory does not allow this (status 403): Forbidden");
    assert_eq!(
        told(create().unwrap_err()),
        (expected, "this needs an administrator".to_owned(), 4)
    );
    log_in(bench.home.path(), &bench.local.host(), ADMIN);
    assert_eq!(create().unwrap(), Created::Made);
    assert_eq!(
        bench.artifactory.lock().unwrap().repositories["new"],
        "local"
    );
}

#[test]
fn delete_repository_leaves_images_below_it() {
    for nested in [false, true] {
        let bench = Bench::start();
        bench.push("v1", "one");
        bench.push_index("multi", ["two", "three"]);
        if nested {
            let store = &mut bench.artifactory.lock().unwrap().store;
            store.push_image("images/team/app/sub", Some("v1"), "sub");
        }
        let brand = bench.brand();
        assert!(oci::run(brand.remove()).unwrap());
        let state = bench.artifactory.lock().unwrap();
        assert_eq!(state.store.tags(APP), [""; 0]);
        assert_eq!(state.store.manifests(APP).len(), 0);
        let sub = state.store.tags("images/team/app/sub");
        assert_eq!(sub, if nested { vec!["v1"] } else { vec![] });
        drop(state);
        assert!(!oci::run(brand.remove()).unwrap());
    }
}
