//! `tag`: more names for what is there.

use std::path::Path;

use serde_json::json;

use crate::support::dockside;
use crate::support::installed;
use crate::support::job::text;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::repository::Repository;
use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};

/// Exit code, standard output and standard error.
fn tag(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = dockside(home).arg("tag").args(words).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn one_request_a_tag() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let other = app.image(Some("other"), "other");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let source = format!("{name}:v1");
    registry.new_requests(0);
    let (code, output, said) = tag(home.path(), &[&source, "a", "b", "a", "c"]);
    let expected = format!("tagged {name}:a\ntagged {name}:b\ntagged {name}:c\n");
    assert_eq!((code, output, said), (0, expected, String::new()));
    let mut requests = registry.new_requests(4);
    requests.sort();
    assert_eq!(
        requests,
        [
            "GET /v2/app/manifests/v1 200",
            "PUT /v2/app/manifests/a 201",
            "PUT /v2/app/manifests/b 201",
            "PUT /v2/app/manifests/c 201",
        ]
    );
    for tag in ["a", "b", "c"] {
        assert_eq!(app.named(tag).as_ref(), Some(&image.digest));
    }

    let by_digest = format!("{name}@{}", image.digest);
    let words = [
        &by_digest,
        "a",
        "other",
        "new",
        "--no-clobber",
        "--output=json",
    ];
    let (code, output, said) = tag(home.path(), &words);
    let expected = json!({"results": [
        {"source": by_digest, "target": format!("{name}:a"), "digest": image.digest,
         "outcome": "unchanged"},
        {"source": by_digest, "target": format!("{name}:other"), "digest": other.digest,
         "outcome": "kept"},
        {"source": by_digest, "target": format!("{name}:new"), "digest": image.digest,
         "outcome": "tagged"},
    ]});
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, output, said), (0, expected, String::new()));
    assert_eq!(app.named("other"), Some(other.digest));

    let (code, output, said) = tag(home.path(), &[&format!("{name}:none"), "a"]);
    let expected = format!(
        "dockside: error: {name}:none does not exist\n\
         dockside: hint: `dockside tags {name}` lists what there is\n"
    );
    assert_eq!((code, output, said), (1, String::new(), expected));
    let (code, output, said) = tag(home.path(), &[&source, "example.com/app:v1"]);
    let expected = "dockside: error: `example.com/app:v1` is a reference; new names are tags in \
                    the same repository\n\
                    dockside: hint: use `dockside copy` to name it in another repository\n";
    assert_eq!((code, output, said.as_str()), (2, String::new(), expected));
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

#[test]
fn immutable_tags() {
    let registry = ScriptedRegistry::start(Behaviour {
        immutable: Some(409),
        ..Behaviour::default()
    });
    let one = br#"{"schemaVersion":2,"layers":[]}"#;
    let other = br#"{"schemaVersion":2,"layers":[],"annotations":{}}"#;
    registry.put_manifest("app", "v1", MANIFEST, one);
    registry.put_manifest("app", "same", MANIFEST, one);
    registry.put_manifest("app", "other", MANIFEST, other);
    // So strict that it takes nothing for a tag that is there, be it the same.
    let refusal = Fault::status(412, "PRECONDITION");
    registry.fault(When::nth(Kind::PutManifest, 1), refusal);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let source = format!("{name}:v1");
    let (code, output, said) = tag(home.path(), &[&source, "same"]);
    let expected = format!("unchanged {name}:same\n");
    assert_eq!((code, output, said), (0, expected, String::new()));

    let (code, output, said) = tag(home.path(), &[&source, "other", "new"]);
    assert_eq!((code, output), (5, format!("tagged {name}:new\n")));
    let refused = format!("dockside: error: {name}:other: the registry answered 409");
    assert!(said.starts_with(&refused), "{said}");
    assert!(
        said.ends_with("dockside: error: the rest was done\n"),
        "{said}"
    );
    let (_, kept) = registry.manifest("app", "other").unwrap();
    assert_eq!(kept, other);

    let (code, output, said) = tag(home.path(), &[&source, "other"]);
    assert_eq!((code, output), (1, String::new()));
    assert!(said.starts_with(&refused), "{said}");
    assert!(!said.contains("the rest was done"), "{said}");
}
