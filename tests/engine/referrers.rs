//! Signatures, SBOMs and attestations are moved with what they are about.

use serde_json::{Value, json};

use super::{Bench, image};
use crate::support::layout::{Layout, hex};
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Adds an artifact about something; its descriptor.
fn artifact(layout: &mut Layout, name: &str, content: &str, subject: Option<&Value>) -> Value {
    let config = layout.blob("application/vnd.oci.empty.v1+json", b"{}");
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.example.signature",
        "config": config,
        "layers": [layout.blob("text/plain", content.as_bytes())],
        "annotations": {"org.example.note": content},
    });
    if let Some(subject) = subject {
        manifest["subject"] = subject.clone();
    }
    let mut descriptor = layout.blob(MANIFEST, manifest.to_string().as_bytes());
    layout.entry(name, descriptor.clone());
    descriptor["artifactType"] = manifest["artifactType"].clone();
    descriptor["annotations"] = manifest["annotations"].clone();
    descriptor
}

/// A layout with an index of two platforms; something is about the index, something about one
/// platform, and something about that. cosign's signature of the index has a tag.
struct Signed {
    layout: Layout,
    digest: String,
    about: Vec<(String, Value)>,
    cosign: String,
}

impl Signed {
    fn create(home: &std::path::Path) -> Self {
        let mut layout = Layout::create(home.join("layout"));
        let digest = layout.index("v1", &["amd64", "arm64"], &[b"x"]);
        let bytes = |digest: &str| {
            let blobs = layout.path().join("blobs/sha256");
            std::fs::read(blobs.join(&digest["sha256:".len()..])).unwrap()
        };
        let index: Value = serde_json::from_slice(&bytes(&digest)).unwrap();
        let root = json!({
            "mediaType": index["mediaType"], "digest": digest, "size": bytes(&digest).len(),
        });
        let mut child = index["manifests"][0].clone();
        child.as_object_mut().unwrap().remove("platform");
        let first = artifact(&mut layout, "", "about the index", Some(&root));
        let second = artifact(&mut layout, "", "about a platform", Some(&child));
        let bare = json!({
            "mediaType": MANIFEST, "digest": second["digest"], "size": second["size"],
        });
        let third = artifact(&mut layout, "", "about that", Some(&bare));
        let cosign = format!("{}.sig", digest.replace(':', "-"));
        artifact(&mut layout, &cosign, "cosign's", None);
        let text = |value: &Value| value["digest"].as_str().unwrap().to_owned();
        let about = vec![
            (digest.clone(), first),
            (text(&child), second.clone()),
            (text(&second), third),
        ];
        Self {
            layout,
            digest,
            about,
            cosign,
        }
    }
}

fn bench(home: &std::path::Path) -> Bench {
    let mut bench = Bench::new(home);
    bench.wishes.referrers = true;
    bench
}

/// What is listed under the fallback tag of a subject.
fn listed(registry: &ScriptedRegistry, subject: &str) -> Value {
    match registry.manifest("app", &subject.replace(':', "-")) {
        Some((_, bytes)) => serde_json::from_slice::<Value>(&bytes).unwrap()["manifests"].take(),
        None => Value::Null,
    }
}

#[test]
fn they_are_listed_by_the_registry_or_by_us() {
    for referrers_api in [true, false] {
        let home = tempfile::tempdir().unwrap();
        let signed = Signed::create(home.path());
        let behaviour = Behaviour {
            referrers_api,
            ..Behaviour::default()
        };
        let registry = ScriptedRegistry::start(behaviour);
        let target = format!("{}/app:v1", registry.host());
        let source = signed.layout.image_argument("v1");
        let push = || bench(home.path()).done(vec![image(&source, &target)]);
        assert_eq!(push(), [format!("{target} {} Written", signed.digest)]);
        let mut tags = vec!["v1".to_owned(), signed.cosign.clone()];
        for (subject, referrer) in &signed.about {
            if referrers_api {
                assert_eq!(listed(&registry, subject), Value::Null);
            } else {
                tags.push(subject.replace(':', "-"));
                assert_eq!(listed(&registry, subject), json!([referrer]));
            }
            let digest = referrer["digest"].as_str().unwrap();
            assert!(registry.manifest("app", digest).is_some());
        }
        tags.sort();
        let mut found = registry.tags("app");
        found.sort();
        assert_eq!(found, tags);

        // Again: nothing is written.
        registry.forget_requests();
        assert_eq!(push(), [format!("{target} {} Unchanged", signed.digest)]);
        let written = registry
            .requests()
            .into_iter()
            .filter(|r| r.method == "PUT");
        let written: Vec<String> = written.map(|request| request.path).collect();
        assert_eq!(written, [""; 0]);

        // To a registry of the other kind.
        let behaviour = Behaviour {
            referrers_api: !referrers_api,
            ..Behaviour::default()
        };
        let other = ScriptedRegistry::start(behaviour);
        let copy = format!("{}/app:v1", other.host());
        let done = bench(home.path()).done(vec![image(&target, &copy)]);
        assert_eq!(done, [format!("{copy} {} Written", signed.digest)]);
        for (subject, referrer) in &signed.about {
            let digest = referrer["digest"].as_str().unwrap();
            assert!(other.manifest("app", digest).is_some());
            if referrers_api {
                assert_eq!(listed(&other, subject), json!([referrer]));
            }
        }
        assert!(other.tags("app").contains(&signed.cosign));
    }
}

/// What others put into the list stays there.
#[test]
fn a_list_is_added_to() {
    let home = tempfile::tempdir().unwrap();
    let signed = Signed::create(home.path());
    let registry = ScriptedRegistry::start(Behaviour {
        referrers_api: false,
        ..Behaviour::default()
    });
    let known = json!({
        "mediaType": MANIFEST, "digest": format!("sha256:{}", hex(b"known")), "size": 5,
    });
    let list = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [known],
        "annotations": {"org.example.kept": "yes"},
    });
    let (subject, referrer) = &signed.about[0];
    registry.put_manifest(
        "app",
        &subject.replace(':', "-"),
        "application/vnd.oci.image.index.v1+json",
        list.to_string().as_bytes(),
    );
    registry.put_manifest("app", "", MANIFEST, b"known");
    let target = format!("{}/app:v1", registry.host());
    let source = signed.layout.image_argument("v1");
    let done = bench(home.path()).done(vec![image(&source, &target)]);
    assert_eq!(done, [format!("{target} {} Written", signed.digest)]);
    assert_eq!(listed(&registry, subject), json!([known, referrer]));
    let (_, bytes) = registry
        .manifest("app", &subject.replace(':', "-"))
        .unwrap();
    let list: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(list["annotations"], json!({"org.example.kept": "yes"}));
}

#[test]
fn they_go_into_layouts_and_back() {
    let home = tempfile::tempdir().unwrap();
    let signed = Signed::create(home.path());
    for registry in super::registries() {
        let target = format!("{}/app:v1", registry.host());
        let source = signed.layout.image_argument("v1");
        let bench = bench(home.path());
        let line = |place: &str| format!("{place} {} Written", signed.digest);
        assert_eq!(bench.done(vec![image(&source, &target)]), [line(&target)]);
        let elsewhere = tempfile::tempdir().unwrap();
        for kind in ["oci", "oci-archive"] {
            let file = format!("{kind}:{}:v1", elsewhere.path().join(kind).display());
            assert_eq!(bench.done(vec![image(&target, &file)]), [line(&file)]);
            let back = format!("{}/back/{kind}:v1", registry.host());
            assert_eq!(bench.done(vec![image(&file, &back)]), [line(&back)]);
            let again = elsewhere.path().join(format!("{kind}-again"));
            let layout = format!("oci:{}:v1", again.display());
            assert_eq!(bench.done(vec![image(&back, &layout)]), [line(&layout)]);
            for (_, referrer) in &signed.about {
                let digest = referrer["digest"].as_str().unwrap();
                let blobs = again.join("blobs/sha256");
                assert!(blobs.join(&digest["sha256:".len()..]).is_file(), "{kind}");
            }
        }
    }
}

/// What others signed there stays under the tag that they wrote.
#[test]
fn tags_of_cosign_are_left_alone_too() {
    let home = tempfile::tempdir().unwrap();
    let signed = Signed::create(home.path());
    let registry = ScriptedRegistry::start(Behaviour::default());
    let other = br#"{"schemaVersion":2,"layers":[]}"#;
    let theirs = registry.put_manifest("app", &signed.cosign, MANIFEST, other);
    let target = format!("{}/app:v1", registry.host());
    let mut bench = bench(home.path());
    bench.wishes.no_clobber = true;
    let done = bench.done(vec![image(&signed.layout.image_argument("v1"), &target)]);
    assert_eq!(done, [format!("{target} {} Written", signed.digest)]);
    let (_, kept) = registry.manifest("app", &signed.cosign).unwrap();
    assert_eq!(format!("sha256:{}", hex(&kept)), theirs);
}
