//! Azure Container Registry.

mod identities;
mod no_identity;
mod refusals;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::commands::{fill, lists_all};
use super::run;
use crate::support::brands::acr::{self, Acr, HOST, PASSWORD, USER};
use crate::support::layout::Layout;
use crate::support::vendor::{Fault, Network, shared};

/// A registry in a network, and a home with a login there.
struct Contoso {
    acr: Arc<Mutex<Acr>>,
    network: Network,
    home: TempDir,
}

impl Contoso {
    fn start() -> Self {
        let contoso = Self {
            acr: shared(Acr::new()),
            network: Network::start(),
            home: tempfile::tempdir().unwrap(),
        };
        contoso.network.host(HOST, &contoso.acr);
        acr::describe(&contoso.network);
        log_in(contoso.home.path(), HOST, USER, PASSWORD);
        contoso
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.network.environment(), words)
    }

    /// The requests so far but those that get in, without the host.
    fn seen(&self) -> Vec<String> {
        let seen = self.network.seen().into_iter();
        let seen = seen.filter(|one| !one.ends_with(" 401") && !one.contains("/oauth2/"));
        seen.map(|one| one.replacen(HOST, "", 1)).collect()
    }
}

/// Writes a login as docker does.
fn log_in(home: &Path, host: &str, user: &str, password: &str) {
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let config = json!({"auths": {host: {"auth": auth}}});
    let directory = home.join(".docker");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
}

fn named(rest: &str) -> String {
    format!("{HOST}/{rest}")
}

#[test]
fn push_and_pull() {
    let contoso = Contoso::start();
    let mut layout = Layout::create(contoso.home.path().join("layout"));
    layout.image("one", &[b"layer"]);
    let source = layout.image_argument("one");
    let app = named("team/app:v1");
    let (code, _, said) = contoso.run(&["push", &source, &app]);
    assert_eq!(code, 0, "{said}");
    let copy = format!("oci:{}", contoso.home.path().join("copy").display());
    let (code, _, said) = contoso.run(&["pull", &app, &copy]);
    assert_eq!(code, 0, "{said}");
    let acr = contoso.acr.lock().unwrap();
    assert_eq!(acr.store.tags("team/app"), ["v1"]);
}

#[test]
fn list_has_each_tags_own_clock_and_lock() {
    let contoso = Contoso::start();
    let (one, index) = {
        let mut acr = contoso.acr.lock().unwrap();
        let one = acr.store.push_image("team/app", Some("v1"), "one");
        acr.store.tag("team/app", &one, "stable");
        acr.lock("team/app:stable");
        let index = acr.store.push_index("team/app", Some("multi"), &[&one]);
        acr.store.push_image("team/app", None, "untagged");
        (one, index)
    };
    let name = named("team/app");
    let (code, output, said) = contoso.run(&["tags", "--long", "--output", "json", &name]);
    assert_eq!((code, said.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&output).unwrap();
    let image = "application/vnd.oci.image.manifest.v1+json";
    let row = |tag: &str, pushed: &str, protected: bool| {
        json!({
            "tag": tag, "digest": one, "media_type": image, "artifact_type": null,
            "created": null, "size": found["tags"][1]["size"], "platforms": ["linux/amd64"],
            "pushed": pushed, "protected": protected,
        })
    };
    assert_eq!(
        found["tags"],
        json!([
            {
                "tag": "multi", "digest": index,
                "media_type": "application/vnd.oci.image.index.v1+json", "artifact_type": null,
                "created": null, "size": null, "platforms": null,
                "pushed": "2023-11-14T22:13:25Z", "protected": false,
            },
            row("stable", "2023-11-14T22:13:23Z", true),
            row("v1", "2023-11-14T22:13:22Z", false),
        ])
    );
    assert!(found["tags"][1]["size"].as_u64() > Some(0));
    assert_eq!(
        contoso.seen(),
        [
            "GET /acr/v1/team/app/_manifests?n=1000 200",
            "GET /acr/v1/team/app/_tags?n=1000 200",
        ]
    );
}

#[test]
fn list_takes_a_request_for_each_thousand() {
    let contoso = Contoso::start();
    {
        let mut acr = contoso.acr.lock().unwrap();
        for number in 0..2500 {
            let digest = acr
                .store
                .push_image("app", None, &format!("{}", number % 1500));
            acr.store.tag("app", &digest, &format!("v{number:04}"));
        }
    }
    let (code, output, said) = contoso.run(&["tags", "--long", &named("app")]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 2501);
    let seen = contoso.seen();
    let of = |list: &str| seen.iter().filter(|one| one.contains(list)).count();
    assert_eq!((of("_manifests?"), of("_tags?"), seen.len()), (2, 3, 5));
}

/// One list is of manifests, the other one of tags.
#[test]
fn list_of_ten_thousand_tags() {
    let contoso = Contoso::start();
    fill(&mut contoso.acr.lock().unwrap().store, "app");
    let listed = contoso.run(&["tags", "--long", &named("app")]);
    lists_all(&contoso.acr.lock().unwrap().store, "app", &listed);
    assert_eq!(contoso.seen().len(), 10 + 10);
}

#[test]
fn list_goes_on_when_a_token_ends_meanwhile() {
    let contoso = Contoso::start();
    {
        let mut acr = contoso.acr.lock().unwrap();
        acr.store.push_image("app", Some("v1"), "one");
        acr.access_lives = 3;
    }
    let delay = Fault::Delay(Duration::from_millis(4100));
    contoso.network.fault(1, "/app/_tags?", delay);
    let (code, output, said) = contoso.run(&["tags", "--long", &named("app")]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 2);
    let seen = contoso.network.seen().into_iter();
    let seen: Vec<String> = seen.filter(|one| one.contains("/_tags")).collect();
    let line = format!("GET {HOST}/acr/v1/app/_tags?n=1000");
    assert_eq!(seen, [format!("{line} 401"), format!("{line} 200")]);
}

#[test]
fn untag_leaves_siblings_and_the_manifest() {
    let contoso = Contoso::start();
    let digest = {
        let store = &mut contoso.acr.lock().unwrap().store;
        let digest = store.push_image("team/app", Some("v1"), "one");
        store.tag("team/app", &digest, "v2");
        digest
    };
    let [v1, v2, none] = ["v1", "v2", "none"].map(|tag| named(&format!("team/app:{tag}")));
    let (code, output, said) = contoso.run(&["untag", &v1, &none]);
    assert_eq!(
        (code, output, said),
        (
            0,
            format!("untagged {v1}\n"),
            format!("dockside: note: {none} is already gone\n")
        )
    );
    let mut seen = contoso.seen();
    seen.sort();
    assert_eq!(
        seen,
        [
            "DELETE /acr/v1/team/app/_tags/none 404",
            "DELETE /acr/v1/team/app/_tags/v1 202",
        ]
    );
    let tags = || contoso.acr.lock().unwrap().store.tags("team/app");
    assert_eq!(tags(), ["v2"]);
    // The last tag does not take the image along.
    let (code, _, _) = contoso.run(&["untag", &v2]);
    assert_eq!((code, tags().len()), (0, 0));
    let acr = contoso.acr.lock().unwrap();
    assert_eq!(acr.store.manifests("team/app")[0].digest, digest);
}

#[test]
fn delete_names_siblings_that_the_list_of_manifests_leaves_out() {
    let contoso = Contoso::start();
    let digest = {
        let store = &mut contoso.acr.lock().unwrap().store;
        let digest = store.push_image("app", None, "one");
        for number in 0..12 {
            store.tag("app", &digest, &format!("v{number:02}"));
        }
        digest
    };
    let listed: Vec<String> = (0..11).map(|n| named(&format!("app:v{n:02}"))).collect();
    let mut words = vec!["delete"];
    words.extend(listed.iter().map(String::as_str));
    let (code, output, said) = contoso.run(&words);
    let refused = format!(
        "dockside: error: {}@{digest} has other tags: v11\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n",
        named("app")
    );
    assert_eq!((code, output.as_str(), said), (3, "", refused));

    words.insert(1, "--with-siblings");
    let (code, _, said) = contoso.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    let last = contoso.seen().pop().unwrap();
    assert_eq!(last, format!("DELETE /v2/app/manifests/{digest} 202"));
    assert!(contoso.acr.lock().unwrap().store.tags("app").is_empty());
}

#[test]
fn create_repository_is_done_by_a_push() {
    let contoso = Contoso::start();
    let app = named("team/app");
    let (code, output, said) = contoso.run(&["repository", "create", &app]);
    let note = format!("dockside: note: {app} is made by the first push\n");
    assert_eq!((code, output.as_str(), said), (0, "", note));
    assert!(contoso.network.seen().is_empty());
}

#[test]
fn delete_repository_takes_everything() {
    let contoso = Contoso::start();
    {
        let store = &mut contoso.acr.lock().unwrap().store;
        store.push_image("team/app", Some("v1"), "one");
        store.push_image("team/app-debug", Some("v1"), "other");
    }
    let app = named("team/app");
    let words = ["repository", "delete", "--with-images", &app];
    let (code, output, said) = contoso.run(&words);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("deleted {app}\n"), "")
    );
    let (code, _, said) = contoso.run(&words);
    let gone = format!("dockside: note: {app} is already gone\n");
    assert_eq!((code, said), (0, gone));
    assert_eq!(
        contoso.seen(),
        ["DELETE /acr/v1/team/app 202", "DELETE /acr/v1/team/app 404"]
    );
    let acr = contoso.acr.lock().unwrap();
    assert!(acr.store.repository("team/app").is_none());
    assert_eq!(acr.store.tags("team/app-debug"), ["v1"]);
}

#[test]
fn detect_by_host_and_by_the_token_service_of_a_domain() {
    let contoso = Contoso::start();
    let other = "registry.contoso.example";
    contoso.acr.lock().unwrap().host = other.to_owned();
    contoso.network.host(other, &contoso.acr);
    let why = |host: &str| {
        let repo = format!("{host}/app");
        let (code, output, said) = contoso.run(&["detect", "--output", "json", "--repo", &repo]);
        assert_eq!((code, said.as_str()), (0, ""));
        let found: Value = serde_json::from_str(&output).unwrap();
        json!([found["brand"], found["why"]])
    };
    let told = "by its answer: its token service is https://registry.contoso.example/oauth2/token \
                for registry.contoso.example";
    assert_eq!(why(other), json!(["acr", told]));
    assert_eq!(why(HOST), json!(["acr", "by the host contoso.azurecr.io"]));
    assert_eq!(
        contoso.network.seen(),
        ["GET registry.contoso.example/v2/ 401"]
    );
}
