//! What refers to an image goes with it, between registries with and without the referrers API,
//! and through layouts.

use serde_json::{Value, json};

use super::{Server, done};
use crate::support::layout::Layout;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Adds an artifact about something; its descriptor.
fn about(layout: &mut Layout, kind: &str, subject: &Value) -> Value {
    let content = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind,
        "config": layout.blob("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [layout.blob("text/plain", kind.as_bytes())],
        "subject": subject,
    });
    let descriptor = layout.blob(MANIFEST, content.to_string().as_bytes());
    layout.entry("", descriptor.clone());
    descriptor
}

/// The digests of what refers to a reference.
fn referrers(home: &std::path::Path, reference: &str) -> Vec<Value> {
    let shown = done(home, &["inspect", "--output", "json", reference]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let found = shown["referrers"].as_array().unwrap().iter();
    found.map(|one| one["digest"].clone()).collect()
}

#[test]
fn from_each_registry_to_each() {
    let servers = Server::all();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut layout = Layout::create(home.join("layout"));
    let digest = layout.index("v1", &["amd64", "arm64"], &[b"x"]);
    let blobs = layout.path().join("blobs/sha256");
    let size = std::fs::metadata(blobs.join(&digest["sha256:".len()..]))
        .unwrap()
        .len();
    let subject = json!({
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": size,
    });
    let signature = about(&mut layout, "application/vnd.example.signature", &subject);
    let sbom = about(&mut layout, "application/vnd.example.sbom", &signature);
    let cosign = format!("{}.sig", digest.replace(':', "-"));
    let cosign_digest = layout.image(&cosign, &[b"cosign"]);

    let check = |repository: &str| {
        assert_eq!(
            referrers(home, &format!("{repository}:v1")),
            [signature["digest"].clone()],
            "{repository}"
        );
        let signed = format!("{repository}@{}", signature["digest"].as_str().unwrap());
        assert_eq!(
            referrers(home, &signed),
            [sbom["digest"].clone()],
            "{repository}"
        );
        let raw = done(
            home,
            &["inspect", "--raw", &format!("{repository}:{cosign}")],
        );
        let found = crate::support::layout::hex(raw.as_bytes());
        assert_eq!(format!("sha256:{found}"), cosign_digest);
    };
    for (at, from) in servers.iter().enumerate() {
        let first = format!("{}/first", from.host());
        let source = layout.image_argument("v1");
        done(
            home,
            &["push", "--referrers", &source, &format!("{first}:v1")],
        );
        check(&first);
        let file = format!("oci:{}:v1", home.join(format!("between-{at}")).display());
        done(
            home,
            &["pull", "--referrers", &format!("{first}:v1"), &file],
        );
        for to in &servers {
            let copy = format!("{}/copy-{at}", to.host());
            let (first, target) = (format!("{first}:v1"), format!("{copy}:v1"));
            let told = done(home, &["copy", "--referrers", &first, &target]);
            assert_eq!(told, format!("{target} {digest} written\n"));
            check(&copy);
            let back = format!("{}/back-{at}", to.host());
            done(home, &["push", "--referrers", &file, &format!("{back}:v1")]);
            check(&back);
        }
    }
}
