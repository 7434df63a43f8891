//! The distribution API by the rules of brands.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::Plain;
use crate::support::client::{Came, ask};
use crate::support::repository::Repository;
use crate::support::vendor::{Cap, Delete, Empty, Immutable, Local, Rules, Untag, shared};

/// A registry that lets everybody in, and what is in it.
fn start(rules: Rules) -> (Arc<Mutex<Plain>>, Local) {
    let mut plain = Plain::new();
    plain.open = true;
    plain.rules = rules;
    let plain = shared(plain);
    let local = Local::start(&plain);
    (plain, local)
}

fn code(came: &Came) -> String {
    let body: Value = serde_json::from_slice(&came.body).unwrap_or_default();
    let code = body["errors"][0]["code"].as_str().unwrap_or_default();
    format!("{} {code}", came.status).trim_end().to_owned()
}

#[test]
fn it_is_a_registry() {
    let (plain, local) = start(Rules::default());
    let host = local.host();
    let repository = Repository {
        host: &host,
        name: "team/app",
    };
    let pushed = repository.image(Some("v1"), "one");
    let child = repository.image(None, "two");
    let index = repository.index(Some("all"), &[child.on("linux", "amd64")]);
    assert_eq!(repository.named("v1").as_ref(), Some(&pushed.digest));
    let state = plain.lock().unwrap();
    assert_eq!(state.store.tags("team/app"), ["all", "v1"]);
    assert_eq!(
        state.store.parents("team/app", &child.digest),
        [index.digest.as_str()]
    );
    let manifests = state.store.manifests("team/app");
    let digests: Vec<&str> = manifests
        .iter()
        .map(|found| found.digest.as_str())
        .collect();
    assert_eq!(digests, [&pushed.digest, &child.digest, &index.digest]);
    assert_eq!(manifests[0].size(), pushed.size + pushed.bytes.len() as u64);
    let repository = state.store.repository("team/app").unwrap();
    let times = (
        repository.created,
        manifests[0].pushed,
        repository.tags["v1"].pushed,
    );
    assert_eq!(times, (1_700_000_000, 1_700_000_001, 1_700_000_002));
    drop(state);
    let same = plain.lock().unwrap().store.push_image("x", None, "one");
    assert_eq!(same, pushed.digest);
}

#[test]
fn blobs_come_in_chunks_and_by_mounts() {
    let (_, local) = start(Rules::default());
    let send = |line: &str, headers: &[&str], body: &[u8]| ask(&local.host(), line, headers, body);
    let opened = send("POST /v2/a/blobs/uploads/", &[], b"");
    let at = opened.header("location").to_owned();
    let patch = |range: &str, body: &[u8]| {
        let range = format!("Content-Range: {range}");
        let came = send(&format!("PATCH {at}"), &[&range], body);
        (came.status, came.header("range").to_owned())
    };
    assert_eq!(patch("0-2", b"abc"), (202, "0-2".to_owned()));
    assert_eq!(patch("2-3", b"cd"), (416, "0-2".to_owned()));
    let digest = format!("sha256:{}", "0".repeat(64));
    let came = send(&format!("PUT {at}?digest={digest}"), &[], b"d");
    assert_eq!(code(&came), "400 DIGEST_INVALID");
    let digest = "sha256:88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";
    let line = format!("POST /v2/a/blobs/uploads/?digest={digest}");
    assert_eq!(send(&line, &[], b"abcd").status, 201);
    let blob = format!("GET /v2/a/blobs/{digest}");
    assert_eq!(send(&blob, &[], b"").text(), "abcd");
    assert_eq!(send(&blob, &["Range: bytes=1-2"], b"").text(), "bc");
    let mount = format!("POST /v2/b/blobs/uploads/?mount={digest}&from=a");
    assert_eq!(send(&mount, &[], b"").status, 202);
    let (plain, local) = start(Rules {
        mounts: true,
        ..Rules::default()
    });
    plain.lock().unwrap().store.put_blob("a", "abcd");
    assert_eq!(ask(&local.host(), &mount, &[], b"").status, 201);
}

#[test]
fn pages() {
    let list = |rules: Rules, path: &str| {
        let (plain, local) = start(rules);
        {
            let store = &mut plain.lock().unwrap().store;
            let digest = store.push_image("app", Some("a"), "one");
            store.tag("app", &digest, "b");
            store.tag("app", &digest, "c");
            store.create("empty");
        }
        let came = ask(&local.host(), &format!("GET /v2/{path}"), &[], b"");
        let body: Value = serde_json::from_slice(&came.body).unwrap();
        let tags = body["tags"].to_string();
        format!("{} {tags} {}", code(&came), came.header("link"))
    };
    let default = Rules::default;
    let link =
        |last: &str, n: usize| format!("</v2/app/tags/list?last={last}&n={n}>; rel=\"next\"");
    let all = r#"200 ["a","b","c"] "#;
    assert_eq!(list(default(), "app/tags/list"), all);
    let first = format!(r#"200 ["a","b"] {}"#, link("b", 2));
    assert_eq!(list(default(), "app/tags/list?n=2"), first);
    assert_eq!(list(default(), "app/tags/list?n=2&last=b"), r#"200 ["c"] "#);
    assert_eq!(list(default(), "app/tags/list?n=0"), "200 null ");
    let paged = Rules {
        page: Some(2),
        ..default()
    };
    assert_eq!(list(paged, "app/tags/list"), first);
    let clamped = Rules {
        cap: Cap::Clamped(2),
        ..default()
    };
    assert_eq!(list(clamped, "app/tags/list?n=9"), first);
    let refusal = (400, "PAGINATION_NUMBER_INVALID");
    let capped = Rules {
        cap: Cap::Refused(2, refusal),
        ..default()
    };
    let refused = "400 PAGINATION_NUMBER_INVALID null ";
    assert_eq!(list(capped, "app/tags/list?n=3"), refused);
    assert_eq!(list(default(), "app/tags/list?n=-1"), refused);
    assert_eq!(list(default(), "empty/tags/list"), "200 null ");
    let empty = Rules {
        empty: Empty::List,
        ..default()
    };
    assert_eq!(list(empty, "empty/tags/list"), "200 [] ");
    let empty = Rules {
        empty: Empty::NotFound,
        ..default()
    };
    assert_eq!(list(empty, "empty/tags/list"), "404 NAME_UNKNOWN null ");
    assert_eq!(list(default(), "other/tags/list"), "404 NAME_UNKNOWN null ");
}

/// Deletes by a reference (`TAG`, `IMAGE`, `CHILD`) where `v1` and `v2` name an image, and `all` an
/// index of a child: what was answered, and which tags and how many manifests are left.
fn deleted(rules: Rules, reference: &str) -> (String, Vec<String>, usize) {
    let (plain, local) = start(rules);
    let reference = {
        let store = &mut plain.lock().unwrap().store;
        let image = store.push_image("app", Some("v1"), "one");
        store.tag("app", &image, "v2");
        let child = store.push_image("app", None, "two");
        store.push_index("app", Some("all"), &[&child]);
        reference.replace("IMAGE", &image).replace("CHILD", &child)
    };
    let line = format!("DELETE /v2/app/manifests/{reference}");
    let came = code(&ask(&local.host(), &line, &[], b""));
    let store = &plain.lock().unwrap().store;
    (came, store.tags("app"), store.manifests("app").len())
}

#[test]
fn deletes() {
    let default = Rules::default;
    let left = |came: &str, tags: &[&str], manifests: usize| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        (came.to_owned(), tags, manifests)
    };
    let all = ["all", "v1", "v2"];
    assert_eq!(deleted(default(), "v1"), left("202", &["all", "v2"], 3));
    assert_eq!(
        deleted(default(), "v3"),
        left("404 MANIFEST_UNKNOWN", &all, 3)
    );
    assert_eq!(deleted(default(), "IMAGE"), left("202", &["all"], 2));
    assert_eq!(deleted(default(), "CHILD"), left("202", &all, 2));
    let untag = |untag| Rules { untag, ..default() };
    assert_eq!(
        deleted(untag(Untag::RemovesManifest), "v1"),
        left("202", &["all"], 2)
    );
    let refused = untag(Untag::Refused((405, "UNSUPPORTED")));
    assert_eq!(deleted(refused, "v1"), left("405 UNSUPPORTED", &all, 3));
    let delete = |delete| Rules {
        delete,
        ..default()
    };
    assert_eq!(
        deleted(delete(Delete::LeavesTags), "IMAGE"),
        left("202", &all, 2)
    );
    let tagged = || delete(Delete::RefusedWhileTagged((400, "DANGLING_TAG")));
    assert_eq!(
        deleted(tagged(), "IMAGE"),
        left("400 DANGLING_TAG", &all, 3)
    );
    assert_eq!(deleted(tagged(), "CHILD"), left("202", &all, 2));
    let refused = delete(Delete::Refused((403, "DENIED")));
    assert_eq!(deleted(refused, "IMAGE"), left("403 DENIED", &all, 3));
    let child = || Rules {
        child: Some((409, "IN_USE")),
        ..default()
    };
    assert_eq!(deleted(child(), "CHILD"), left("409 IN_USE", &all, 3));
    assert_eq!(deleted(child(), "IMAGE"), left("202", &["all"], 2));
    let immutable = || Rules {
        immutable: Some(Immutable::new(|_, tag| tag == "v2", (412, "IMMUTABLE"))),
        ..default()
    };
    assert_eq!(deleted(immutable(), "v1"), left("202", &["all", "v2"], 3));
    assert_eq!(deleted(immutable(), "v2"), left("412 IMMUTABLE", &all, 3));
    assert_eq!(
        deleted(immutable(), "IMAGE"),
        left("412 IMMUTABLE", &all, 3)
    );
}

#[test]
fn pushes_are_refused() {
    let (plain, local) = start(Rules {
        immutable: Some(Immutable::new(|_, tag| tag == "v1", (412, "IMMUTABLE"))),
        create: Some((404, "NAME_UNKNOWN")),
        referrers: false,
        ..Rules::default()
    });
    let (first, second, bytes) = {
        let store = &mut plain.lock().unwrap().store;
        let first = store.push_image("app", Some("v1"), "one");
        let second = store.push_image("app", None, "two");
        store.push_referrer("app", &first);
        let bytes = |digest: &str| {
            store.repository("app").unwrap().manifests[digest]
                .bytes
                .clone()
        };
        let both = [bytes(&first), bytes(&second)];
        (first, second, both)
    };
    let put = |to: &str, bytes: &[u8]| {
        let line = format!("PUT /v2/{to}");
        code(&ask(&local.host(), &line, &[], bytes))
    };
    assert_eq!(put("app/manifests/v1", &bytes[0]), "201");
    assert_eq!(put("app/manifests/v1", &bytes[1]), "412 IMMUTABLE");
    assert_eq!(put("app/manifests/v2", &bytes[1]), "201");
    assert_eq!(put("other/manifests/v1", &bytes[0]), "404 NAME_UNKNOWN");
    assert_eq!(
        put(&format!("app/manifests/{first}"), &bytes[1]),
        "400 DIGEST_INVALID"
    );
    assert_eq!(put("app/manifests/v3", b"{"), "400 MANIFEST_INVALID");
    let missing = json!({"config": {"digest": "sha256:00"}}).to_string();
    let came = put("app/manifests/v3", missing.as_bytes());
    assert_eq!(came, "400 MANIFEST_BLOB_UNKNOWN");
    let referrers = format!("GET /v2/app/referrers/{first}");
    assert_eq!(
        code(&ask(&local.host(), &referrers, &[], b"")),
        "404 UNSUPPORTED"
    );
    plain.lock().unwrap().rules.referrers = true;
    let came = ask(&local.host(), &referrers, &[], b"");
    let body: Value = serde_json::from_slice(&came.body).unwrap();
    let kind = &body["manifests"][0]["artifactType"];
    assert_eq!(*kind, "application/vnd.example.signature");
    let store = &mut plain.lock().unwrap().store;
    assert_eq!(store.digest("app", "v2"), Some(second));
    assert!(store.untag("app", "v2") && !store.untag("app", "v2"));
    assert_eq!(store.referrers("app", &first).len(), 1);
    assert!(store.remove("app", &first) && store.tags("app").is_empty());
}
