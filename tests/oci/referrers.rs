//! What refers to a manifest.

use dockside::oci::{Digest, Manifest};

use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};

use super::{manifest, open, run, tag, told};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A manifest about another one.
fn about(subject: &Manifest) -> Manifest {
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[],"artifactType":"x/y","subject":{{"mediaType":"{INDEX}","digest":"{}","size":{}}}}}"#,
        subject.digest(),
        subject.bytes().len()
    );
    let digest = Digest::of(text.as_bytes());
    Manifest::parse(text.into(), digest, None).unwrap()
}

#[test]
fn the_api_is_asked_first() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let image = manifest("{}");
    let signature = about(&image);
    run(async {
        remote.put_manifest(&tag("v1"), &image).await.unwrap();
        assert_eq!(remote.referrers(image.digest()).await.unwrap(), []);
        let stored = remote.put_manifest(&tag("s"), &signature).await.unwrap();
        assert!(stored.listed);
        let found = remote.referrers(image.digest()).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].digest, *signature.digest());
    });
    assert_eq!(registry.requests().len(), 4);
}

#[test]
fn the_fallback_tag_is_read_where_there_is_no_api() {
    let registry = ScriptedRegistry::start(Behaviour {
        referrers_api: false,
        ..Behaviour::default()
    });
    let remote = open(&registry.host(), "a");
    let image = manifest("{}");
    let signature = about(&image);
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"mediaType":"{INDEX}","digest":"{}","size":{}}}]}}"#,
        signature.digest(),
        signature.bytes().len()
    );
    run(async {
        remote.put_manifest(&tag("v1"), &image).await.unwrap();
        let stored = remote.put_manifest(&tag("s"), &signature).await.unwrap();
        assert!(!stored.listed);
        assert_eq!(remote.referrers(image.digest()).await.unwrap(), []);
        let fallback = image.digest().to_string().replace(':', "-");
        registry.put_manifest("a", &fallback, INDEX, index.as_bytes());
        let found = remote.referrers(image.digest()).await.unwrap();
        assert_eq!(found[0].digest, *signature.digest());
    });
    // That the API is absent is remembered.
    assert_eq!(registry.count(Kind::Referrers), 1);
}

#[test]
fn a_web_page_is_no_answer_of_the_api() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    registry.fault(
        When::nth(Kind::Referrers, 1),
        Fault::Answer {
            status: 200,
            headers: vec![("content-type".into(), "text/html".into())],
            body: "<html>".into(),
        },
    );
    assert_eq!(run(remote.referrers(manifest("{}").digest())).unwrap(), []);
    assert_eq!(registry.count(Kind::GetManifest), 1);
}

#[test]
fn a_page_that_is_missing_is_no_end() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let image = manifest("{}");
    run(async {
        let signature = about(&image);
        remote.put_manifest(&tag("s"), &signature).await.unwrap();
        let next = format!("</v2/a/referrers/{}?page=2>; rel=next", image.digest());
        registry.fault(
            When::nth(Kind::Referrers, 1),
            Fault::Header("link", Some(next)),
        );
        let missing = Fault::status(404, "UNKNOWN");
        registry.fault(When::nth(Kind::Referrers, 2), missing);
        let error = remote.referrers(image.digest()).await.unwrap_err();
        assert!(told(error).0.contains("the registry answered 404"));
        // Nor is the API absent.
        assert_eq!(remote.referrers(image.digest()).await.unwrap().len(), 1);
    });
}
