//! Manifests: looked at, got, put, deleted.

use crate::support::scripted_registry::{Behaviour, Deletes, Fault, Kind, ScriptedRegistry, When};

use super::{digest, manifest, open, run, tag, told};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[test]
fn one_request_each() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a/b");
    let sent = manifest(r#"{"a":"1"}"#);
    run(async {
        assert_eq!(remote.head(&tag("v1")).await.unwrap(), None);
        assert!(remote.manifest(&tag("v1")).await.unwrap().is_none());
        let stored = remote.put_manifest(&tag("v1"), &sent).await.unwrap();
        assert!(stored.listed && !stored.unchanged);
        let head = remote.head(&tag("v1")).await.unwrap().unwrap();
        assert_eq!(head.digest, *sent.digest());
        assert_eq!(head.media_type, INDEX);
        assert_eq!(head.size, Some(sent.bytes().len() as u64));
        let by_digest = digest(&sent.digest().to_string());
        let found = remote.manifest(&by_digest).await.unwrap().unwrap();
        assert_eq!(found.bytes(), sent.bytes());
        assert!(remote.delete(&tag("v1")).await.unwrap());
        assert!(!remote.delete(&tag("v1")).await.unwrap());
        assert!(remote.delete(&by_digest).await.unwrap());
    });
    let path = format!("/v2/a/b/manifests/{}", sent.digest());
    assert_eq!(
        registry.seen(),
        [
            "HEAD /v2/a/b/manifests/v1 404",
            "GET /v2/a/b/manifests/v1 404",
            "PUT /v2/a/b/manifests/v1 201",
            "HEAD /v2/a/b/manifests/v1 200",
            &format!("GET {path} 200"),
            "DELETE /v2/a/b/manifests/v1 202",
            "DELETE /v2/a/b/manifests/v1 404",
            &format!("DELETE {path} 202"),
        ]
    );
    let put = &registry.requests()[2];
    assert_eq!(put.header("content-type"), Some(INDEX));
    assert_eq!(put.header("accept"), Some("*/*"));
    let accept = registry.requests()[0].header("accept").unwrap().to_owned();
    for kind in [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        assert!(accept.contains(kind), "{accept}");
    }
}

#[test]
fn a_digest_that_is_not_said_is_computed() {
    let registry = ScriptedRegistry::start(Behaviour {
        digest_header: false,
        head_length: false,
        ..Behaviour::default()
    });
    let remote = open(&registry.host(), "a");
    let sent = manifest("{}");
    run(async {
        remote.put_manifest(&tag("v1"), &sent).await.unwrap();
        let head = remote.head(&tag("v1")).await.unwrap().unwrap();
        assert_eq!(head.digest, *sent.digest());
        assert_eq!(head.size, Some(sent.bytes().len() as u64));
    });
    assert_eq!(
        registry.seen(),
        [
            "PUT /v2/a/manifests/v1 201",
            "HEAD /v2/a/manifests/v1 200",
            "GET /v2/a/manifests/v1 200",
        ]
    );
}

#[test]
fn what_is_not_what_its_digest_says_is_refused() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let bytes = manifest("{}").bytes().clone();
    let stored = registry.put_manifest("a", "v1", INDEX, &bytes);
    let lie = format!("sha256:{}", "0".repeat(64));
    let damaged = |reason: &str| format!("{}/a{reason}", registry.host());
    run(async {
        registry.fault(When::request(1), Fault::Corrupt);
        let error = remote.manifest(&digest(&stored)).await.unwrap_err();
        let (message, hint) = told(error);
        let about = format!(
            "@{stored}: what the registry sent is damaged: what was given for {stored} is sha256:"
        );
        assert!(message.starts_with(&damaged(&about)), "{message}");
        assert!(hint.starts_with("try again"), "{hint}");

        let header = || Fault::Header("docker-content-digest", Some(lie.clone()));
        registry.fault(When::request(1), header());
        let (message, _) = told(remote.manifest(&tag("v1")).await.unwrap_err());
        let about =
            format!(":v1: what the registry sent is damaged: what was given for {lie} is {stored}");
        assert_eq!(message, damaged(&about));

        registry.fault(When::request(1), header());
        let (message, _) = told(remote.head(&digest(&stored)).await.unwrap_err());
        let about = format!(
            "@{stored}: what the registry sent is damaged: what was given for {stored} is {lie}"
        );
        assert_eq!(message, damaged(&about));

        registry.fault(When::request(1), header());
        let sent = manifest(r#"{"a":"2"}"#);
        let (message, _) = told(remote.put_manifest(&tag("v2"), &sent).await.unwrap_err());
        let about = format!(
            ":v2: what the registry sent is damaged: what was given for {} is {lie}",
            sent.digest()
        );
        assert_eq!(message, damaged(&about));
    });
}

#[test]
fn what_breaks_off_is_asked_for_again() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let bytes = manifest("{}").bytes().clone();
    registry.put_manifest("a", "v1", INDEX, &bytes);
    for fault in [
        Fault::Drop,
        Fault::Truncate(10),
        Fault::status(503, "UNAVAILABLE"),
    ] {
        registry.fault(When::request(1), fault);
        let found = run(remote.manifest(&tag("v1"))).unwrap().unwrap();
        assert_eq!(found.bytes(), &bytes);
    }
    assert_eq!(registry.count(Kind::GetManifest), 6);
}

#[test]
fn a_manifest_has_a_limit() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    registry.put_manifest("a", "v1", INDEX, &vec![b' '; 5 * 1024 * 1024]);
    let (message, _) = told(run(remote.manifest(&tag("v1"))).unwrap_err());
    assert_eq!(
        message,
        format!(
            "{}/a:v1: what the registry sent is damaged: it is longer than 4 MiB",
            registry.host()
        )
    );
}

#[test]
fn an_immutable_tag_with_the_same_digest_is_success() {
    for status in [400, 403, 405, 409, 412] {
        let registry = ScriptedRegistry::start(Behaviour {
            immutable: Some(status),
            ..Behaviour::default()
        });
        let remote = open(&registry.host(), "a");
        let (first, other) = (manifest(r#"{"a":"1"}"#), manifest(r#"{"a":"2"}"#));
        run(async {
            remote.put_manifest(&tag("v1"), &first).await.unwrap();
            registry.fault(
                When::nth(Kind::PutManifest, 1),
                Fault::status(status, "DENIED"),
            );
            let stored = remote.put_manifest(&tag("v1"), &first).await.unwrap();
            assert!(stored.unchanged, "{status}");
            let refused = remote.put_manifest(&tag("v1"), &other).await;
            assert!(refused.is_err(), "{status}");
        });
        assert_eq!(registry.count(Kind::HeadManifest), 2);
    }
}

#[test]
fn deletes_say_what_cannot_be() {
    let registry = ScriptedRegistry::start(Behaviour {
        deletes: Deletes::Nothing,
        ..Behaviour::default()
    });
    let remote = open(&registry.host(), "a");
    let bytes = manifest("{}").bytes().clone();
    registry.put_manifest("a", "v1", INDEX, &bytes);
    run(async {
        let error = remote.delete(&tag("v1")).await.unwrap_err();
        assert!(error.has_code("UNSUPPORTED"));
        let (message, hint) = told(error);
        assert!(message.starts_with(&format!(
            "{}/a:v1: the registry answered 405",
            registry.host()
        )));
        assert_eq!(
            hint,
            "this registry does not offer this, or it is switched off there"
        );

        // 404 without a code may mean that there is no such endpoint: then the manifest is there.
        let nowhere = || Fault::Answer {
            status: 404,
            headers: Vec::new(),
            body: "404 page not found".into(),
        };
        registry.fault(When::nth(Kind::DeleteManifest, 1), nowhere());
        assert!(remote.delete(&tag("v1")).await.is_err());
        registry.fault(When::nth(Kind::DeleteManifest, 1), nowhere());
        assert!(!remote.delete(&tag("v2")).await.unwrap());
    });
}

#[test]
fn a_delete_whose_answer_is_lost_was_done() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let bytes = manifest("{}").bytes().clone();
    registry.put_manifest("a", "v1", INDEX, &bytes);
    registry.fault(When::request(1), Fault::DropAfter);
    assert!(run(remote.delete(&tag("v1"))).unwrap());
    assert_eq!(
        registry.seen(),
        [
            "DELETE /v2/a/manifests/v1 -",
            "DELETE /v2/a/manifests/v1 404"
        ]
    );
}
