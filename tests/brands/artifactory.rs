//! Artifactory, against its emulator: whatever is not known of the real one is tried both ways.

use std::sync::{Arc, Mutex};

use dockside::oci::Digest;
use dockside::registry::{Brand, Created};
use serde_json::Value;
use tempfile::TempDir;

use super::library::{at, lines, log_in, told};
use super::run;
use crate::oci;
use crate::support::brands::artifactory::{ADMIN, Artifactory, KEY, READER, USER};
use crate::support::vendor::{Local, Network, shared};

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
fn list_where_queries_are_refused() {
    let bench = Bench::start();
    bench.artifactory.lock().unwrap().queries = false;
    let one = bench.push("v1", "one");
    let brand = bench.brand();
    assert_eq!(oci::run(brand.listing(8)).unwrap(), None);
    let tagged = oci::run(brand.tagged(8)).unwrap();
    assert_eq!(tagged.len(), 1);
    assert_eq!(tagged[0].digest.to_string(), one);
}

#[test]
fn list_where_the_host_names_the_repository() {
    let artifactory = shared(Artifactory::new());
    {
        let mut state = artifactory.lock().unwrap();
        state.named_by_host = Some("images".to_owned());
        state.store.push_image(APP, Some("v1"), "one");
    }
    let network = Network::start();
    network.host("acme-images.jfrog.io", &artifactory);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "acme-images.jfrog.io", USER);
    let environment = network.environment();
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/team/app",
        |_| {},
    );
    assert_eq!(
        oci::run(brand.listing(8)).unwrap().unwrap().entries.len(),
        1
    );
    assert!(oci::run(brand.untag(&"v1".parse().unwrap())).unwrap());
    let seen = network.seen();
    let deletes = seen.iter().filter(|line| line.starts_with("DELETE"));
    let expected = "DELETE acme-images.jfrog.io/artifactory/images/team/app/v1 204";
    assert_eq!(deletes.collect::<Vec<_>>(), [expected]);
}

#[test]
fn list_where_everybody_may_read() {
    let artifactory = shared(Artifactory::new());
    {
        let mut state = artifactory.lock().unwrap();
        state.anonymous = true;
        state.named_by_host = Some("images".to_owned());
        state.store.push_image("images/app", Some("v1"), "one");
    }
    let network = Network::start();
    network.host("acme-images.jfrog.io", &artifactory);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "acme-images.jfrog.io", USER);
    let environment = network.environment();
    // There is no challenge that would name the repository.
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/app",
        |_| {},
    );
    let (message, hint, code) = told(oci::run(brand.listing(8)).unwrap_err());
    let expected =
        "acme-images.jfrog.io/app: which of Artifactory's repositories this is cannot be told";
    assert_eq!((message.as_str(), code), (expected, 2));
    assert!(hint.contains("--repo-api https://HOST/artifactory/REPOSITORY"));
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/app",
        |settings| {
            settings.api = Some(
                "https://acme-images.jfrog.io/artifactory/images"
                    .parse()
                    .unwrap(),
            );
        },
    );
    assert_eq!(
        oci::run(brand.listing(8)).unwrap().unwrap().entries.len(),
        1
    );
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
fn untag_breaks_no_index() {
    for queries in [true, false] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().queries = queries;
        let child = bench.push("amd64", "one");
        {
            let store = &mut bench.artifactory.lock().unwrap().store;
            store.push_index(APP, Some("multi"), &[&child]);
        }
        let tag = format!("{}:amd64", bench.name());
        let (code, output, said) = bench.run(&["untag", &tag]);
        assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
        assert_eq!(bench.tags(), ["multi"]);
        assert!(bench.has(&child));
        let config = {
            let state = bench.artifactory.lock().unwrap();
            let repository = &state.store.repositories[APP];
            let config = repository.find(&child).unwrap().json()["config"]["digest"].clone();
            repository.blobs.contains_key(config.as_str().unwrap())
        };
        assert!(config, "its blobs are there too");
    }
}

#[test]
fn untag_of_an_index_leaves_what_it_lists() {
    for takes_children in [false, true] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().takes_children = takes_children;
        let (index, children) = bench.push_index("multi", ["one", "two"]);
        let tag = format!("{}:multi", bench.name());
        let (code, output, said) = bench.run(&["untag", &tag]);
        assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
        assert_eq!(bench.tags(), [""; 0]);
        assert!(bench.has(&index));
        assert!(children.iter().all(|child| bench.has(child)));
    }
}

#[test]
fn untag_of_what_may_not_be() {
    let bench = Bench::start();
    bench.push("v1", "one");
    bench.push("v2", "one");
    let tag = format!("{}:v1", bench.name());
    bench
        .artifactory
        .lock()
        .unwrap()
        .repositories
        .insert("images".to_owned(), "virtual");
    let expected = format!(
        "dockside: error: {}: this registry cannot remove anything: it is a virtual or remote \
         repository\n\
         dockside: hint: name the local repository that has the image\n",
        bench.name()
    );
    assert_eq!(bench.run(&["untag", &tag]), (1, String::new(), expected));
    bench
        .artifactory
        .lock()
        .unwrap()
        .repositories
        .insert("images".to_owned(), "local");
    log_in(bench.home.path(), &bench.local.host(), READER);
    let expected = format!(
        "dockside: error: {tag}: Artifactory does not allow this (status 403): Forbidden\n\
         dockside: hint: this needs the permission to delete in the repository\n"
    );
    assert_eq!(bench.run(&["untag", &tag]), (4, String::new(), expected));
    assert_eq!(bench.tags(), ["v1", "v2"]);
}

#[test]
fn untag_with_an_api_key() {
    let bench = Bench::start();
    bench.artifactory.lock().unwrap().anonymous = true;
    bench.push("v1", "one");
    bench.push("v2", "one");
    log_in(bench.home.path(), &bench.local.host(), ("", KEY));
    let brand = bench.brand();
    assert!(oci::run(brand.untag(&"v1".parse().unwrap())).unwrap());
    assert_eq!(bench.tags(), ["v2"]);
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
fn delete_of_an_index_leaves_what_others_use() {
    for takes_children in [false, true] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().takes_children = takes_children;
        let (index, children) = bench.push_index("multi", ["one", "two"]);
        bench
            .artifactory
            .lock()
            .unwrap()
            .store
            .tag(APP, &children[0], "amd64");
        let name = bench.name();
        let (code, _, said) = bench.run(&["delete", &format!("{name}:multi")]);
        assert_eq!(code, 0, "{said}");
        assert_eq!(bench.tags(), ["amd64"]);
        assert!(!bench.has(&index));
        assert!(children.iter().all(|child| bench.has(child)));
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
