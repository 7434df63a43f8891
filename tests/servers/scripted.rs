//! The scripted registry without faults, in all its kinds.

use serde_json::{Value, json};

use crate::support::client::{Came, ask};
use crate::support::scripted_registry::{
    Behaviour, Deletes, Kind, Location, Mounts, Pages, ScriptedRegistry,
};

const LAYER: &[u8] = b"a layer";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An artifact of this blob.
pub fn artifact(layer: &str, subject: Option<&str>) -> String {
    let descriptor = json!({"mediaType": "text/plain", "digest": layer, "size": LAYER.len()});
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "test/kind",
        "layers": [descriptor],
    });
    if let Some(subject) = subject {
        manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 1});
    }
    manifest.to_string()
}

fn get(registry: &ScriptedRegistry, path: &str) -> Came {
    ask(&registry.host(), &format!("GET {path}"), &[], b"")
}

/// The address that an answer gives, as one to ask.
fn location(registry: &ScriptedRegistry, came: &Came) -> String {
    let base = url::Url::parse(&format!("http://{}/", registry.host())).unwrap();
    let url = base.join(came.header("location")).unwrap();
    url[url::Position::BeforePath..].to_owned()
}

fn post(registry: &ScriptedRegistry, query: &str) -> Came {
    let line = format!("POST /v2/app/blobs/uploads/{query}");
    ask(&registry.host(), &line, &[], b"")
}

#[test]
fn uploads_go_in_one_piece_or_in_chunks() {
    for location_kind in [Location::Absolute, Location::Relative, Location::Query] {
        let registry = ScriptedRegistry::start(Behaviour {
            location: location_kind,
            shortest_chunk: Some(3),
            ..Behaviour::default()
        });
        let host = registry.host();
        let digest = registry.put_blob("other", LAYER);
        let complete = |at: &str| {
            let with = if at.contains('?') { '&' } else { '?' };
            format!("PUT {at}{with}digest={digest}")
        };
        let began = post(&registry, "");
        assert_eq!(began.header("oci-chunk-min-length"), "3");
        let at = location(&registry, &began);
        assert_eq!(ask(&host, &complete(&at), &[], LAYER).status, 201);
        assert_eq!(registry.blob("app", &digest), Some(LAYER.to_vec()));

        let old = location(&registry, &post(&registry, ""));
        let chunk = |at: &str, range: &str, bytes: &[u8]| {
            let range = format!("Content-Range: {range}");
            ask(&host, &format!("PATCH {at}"), &[&range], bytes)
        };
        let came = chunk(&old, "0-3", &LAYER[..4]);
        assert_eq!((came.status, came.header("range")), (202, "0-3"));
        let new = location(&registry, &came);
        assert_eq!(chunk(&old, "4-6", &LAYER[4..]).status, 404);
        let came = chunk(&new, "2-6", &LAYER[2..]);
        assert_eq!((came.status, came.header("range")), (416, "0-3"));
        let came = get(&registry, &new);
        assert_eq!((came.status, came.header("range")), (204, "0-3"));
        let came = chunk(&new, "4-5", &LAYER[4..6]);
        assert_eq!((came.status, came.header("range")), (202, "0-5"));
        let last = location(&registry, &came);
        assert_eq!(chunk(&last, "6-6", &LAYER[6..]).status, 400);
        assert_eq!(ask(&host, &complete(&last), &[], LAYER).status, 400);
        assert_eq!(registry.open_uploads(), 0);

        let at = location(&registry, &post(&registry, ""));
        assert_eq!(registry.open_uploads(), 1);
        assert_eq!(ask(&host, &format!("DELETE {at}"), &[], b"").status, 204);
        assert_eq!(registry.open_uploads(), 0);
        assert_eq!(registry.count(Kind::StartUpload), 3);
    }
}

#[test]
fn a_body_may_be_too_long() {
    let registry = ScriptedRegistry::start(Behaviour {
        longest_body: Some(4),
        ..Behaviour::default()
    });
    let at = location(&registry, &post(&registry, ""));
    let line = format!("PATCH {at}");
    assert_eq!(ask(&registry.host(), &line, &[], LAYER).status, 413);
    assert_eq!(ask(&registry.host(), &line, &[], &LAYER[..4]).status, 202);
}

#[test]
fn mounts() {
    for (mounts, own, other) in [
        (Mounts::Taken, 201, 201),
        (Mounts::Ignored, 202, 202),
        (Mounts::Own, 201, 202),
        (Mounts::Refused(403), 201, 403),
    ] {
        let registry = ScriptedRegistry::start(Behaviour {
            mounts,
            ..Behaviour::default()
        });
        let digest = registry.put_blob("other", b"other");
        let query = format!("?mount={digest}&from=other");
        assert_eq!(post(&registry, &query).status, other, "{mounts:?}");
        let digest = registry.put_blob("app", LAYER);
        let query = format!("?mount={digest}&from=app");
        assert_eq!(post(&registry, &query).status, own, "{mounts:?}");
    }
    let registry = ScriptedRegistry::start(Behaviour::default());
    assert_eq!(post(&registry, "?mount=sha256:00&from=app").status, 202);
}

#[test]
fn pages_of_tags() {
    let walk = |pages, page| {
        let registry = ScriptedRegistry::start(Behaviour {
            pages,
            page,
            ..Behaviour::default()
        });
        for tag in ["a", "b", "c", "d"] {
            registry.put_manifest("app", tag, MANIFEST, b"{}");
        }
        let mut path = "/v2/app/tags/list".to_owned();
        let mut all = Vec::new();
        for _ in 0..3 {
            let came = get(&registry, &path);
            let body: Value = serde_json::from_slice(&came.body).unwrap();
            all.push(body["tags"].to_string());
            let link = came.header("link").to_owned();
            let Some((next, _)) = link.split_once('>') else {
                break;
            };
            path = next.trim_start_matches('<').to_owned();
        }
        all.join(" ")
    };
    let (first, second) = (r#"["a","b"]"#, r#"["c","d"]"#);
    assert_eq!(walk(Pages::Linked, None), r#"["a","b","c","d"]"#);
    assert_eq!(walk(Pages::Linked, Some(2)), format!("{first} {second}"));
    assert_eq!(
        walk(Pages::LastLinked, Some(2)),
        format!("{first} {second} []")
    );
    assert_eq!(
        walk(Pages::Overlapping, Some(2)),
        format!(r#"{first} ["b","c","d"]"#)
    );
    assert_eq!(
        walk(Pages::Looping, Some(2)),
        format!("{first} {first} {first}")
    );
    let registry = ScriptedRegistry::start(Behaviour::default());
    registry.put_blob("app", LAYER);
    let list = |registry: &ScriptedRegistry| get(registry, "/v2/app/tags/list").text();
    assert_eq!(list(&registry), r#"{"name":"app","tags":[]}"#);
    registry.behave(|behaviour| behaviour.null_tags = true);
    assert_eq!(list(&registry), r#"{"name":"app","tags":null}"#);
    assert_eq!(get(&registry, "/v2/none/tags/list").status, 404);
}

#[test]
fn manifests_and_referrers() {
    let registry = ScriptedRegistry::start(Behaviour {
        immutable: Some(409),
        deletes: Deletes::Digests,
        ..Behaviour::default()
    });
    let host = registry.host();
    let layer = registry.put_blob("app", LAYER);
    let put = |reference: &str, bytes: &str| {
        let kind = format!("Content-Type: {MANIFEST}");
        let line = format!("PUT /v2/app/manifests/{reference}");
        ask(&host, &line, &[&kind], bytes.as_bytes())
    };
    let image = artifact(&layer, None);
    let came = put("v1", &image);
    let digest = came.header("docker-content-digest").to_owned();
    assert_eq!((came.status, came.header("oci-subject")), (201, ""));
    let signature = artifact(&layer, Some(&digest));
    assert_eq!(put("v1", &signature).status, 409);
    assert_eq!(put("v1", &image).status, 201);
    assert_eq!(put(&digest, &signature).status, 400);
    let came = put("v2", &signature);
    assert_eq!((came.status, came.header("oci-subject")), (201, &*digest));
    assert_eq!(put("v3", &artifact("sha256:00", None)).status, 400);
    let expected = Some((MANIFEST.to_owned(), image.into_bytes()));
    assert_eq!(registry.manifest("app", "v1"), expected);
    assert_eq!(registry.manifest("app", &digest), expected);

    let listed = |query: &str| {
        let came = get(&registry, &format!("/v2/app/referrers/{digest}{query}"));
        let body: Value = serde_json::from_slice(&came.body).unwrap_or_default();
        let count = body["manifests"].as_array().map(Vec::len);
        (count, came.header("oci-filters-applied").to_owned())
    };
    let filtered = "artifactType".to_owned();
    assert_eq!(listed(""), (Some(1), String::new()));
    assert_eq!(
        listed("?artifactType=test/kind"),
        (Some(1), filtered.clone())
    );
    assert_eq!(listed("?artifactType=test/other"), (Some(0), filtered));
    registry.behave(|behaviour| behaviour.referrers_api = false);
    assert_eq!(listed("").0, None);
    assert_eq!(put("v2", &signature).header("oci-subject"), "");

    registry.behave(|behaviour| {
        behaviour.digest_header = false;
        behaviour.head_length = false;
    });
    let head = ask(&host, "HEAD /v2/app/manifests/v1", &[], b"");
    assert_eq!(head.headers, [("content-type".into(), MANIFEST.into())]);

    let delete = |reference: &str| {
        let line = format!("DELETE /v2/app/manifests/{reference}");
        ask(&host, &line, &[], b"").status
    };
    assert_eq!(delete("v1"), 400);
    registry.behave(|behaviour| behaviour.deletes = Deletes::All);
    assert_eq!(delete("v2"), 202);
    assert_eq!(registry.tags("app"), ["v1"]);
    assert_eq!([delete(&digest), delete(&digest)], [202, 404]);
    assert_eq!(registry.tags("app"), [""; 0]);
    registry.behave(|behaviour| behaviour.deletes = Deletes::Nothing);
    assert_eq!(delete(&digest), 405);
}

#[test]
fn blobs_come_in_ranges_and_from_elsewhere() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let digest = registry.put_blob("app", LAYER);
    let line = format!("GET /v2/app/blobs/{digest}");
    let read = |headers: &[&str]| {
        let came = ask(&registry.host(), &line, headers, b"");
        (
            came.status,
            came.text(),
            came.header("content-range").to_owned(),
        )
    };
    let all = (200, "a layer".to_owned(), String::new());
    let rest = (206, "layer".to_owned(), "bytes 2-6/7".to_owned());
    assert_eq!(read(&[]), all);
    assert_eq!(read(&["Range: bytes=2-"]), rest);
    assert_eq!(read(&["Range: bytes=7-"]).0, 416);
    registry.behave(|behaviour| behaviour.ranges = false);
    assert_eq!(read(&["Range: bytes=2-"]), all);

    registry.behave(|behaviour| behaviour.redirects = true);
    let came = ask(&registry.host(), &line, &[], b"");
    assert_eq!(came.status, 307);
    let to = url::Url::parse(came.header("location")).unwrap();
    let storage = format!("127.0.0.1:{}", to.port().unwrap());
    let line = format!("GET {}", &to[url::Position::BeforePath..]);
    assert_eq!(ask(&storage, &line, &[], b"").text(), "a layer");
    let shown = ["Authorization: Bearer token"];
    assert_eq!(ask(&storage, &line, &shown, b"").status, 400);
    let sent: Vec<_> = registry
        .requests()
        .iter()
        .filter(|seen| seen.kind == Kind::Storage)
        .map(|seen| seen.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(sent, [None, Some("Bearer token".to_owned())]);
}
