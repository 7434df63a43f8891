//! Every kind of content, from a layout into each registry, on to another repository, and back
//! into a layout and an archive: the same bytes everywhere.

use serde_json::{Value, json};

use super::{Server, digest_by_crane, done, run};
use crate::support::job::text;
use crate::support::layout::{Layout, hex};
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

/// A manifest in three spaces of indentation, so that one that is encoded anew has another digest.
fn manifest(layout: &Layout, media_type: &str, content: &Value) -> Value {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"   ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(content, &mut serializer).unwrap();
    layout.blob(media_type, &bytes)
}

fn image(layout: &Layout, media_type: &str, config: &Value, layers: &[Value]) -> Value {
    let content = json!({
        "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers,
    });
    manifest(layout, media_type, &content)
}

fn on(mut descriptor: Value, os: &str, architecture: &str) -> Value {
    descriptor["platform"] = json!({"os": os, "architecture": architecture});
    descriptor
}

fn index(layout: &Layout, media_type: &str, manifests: &[Value]) -> Value {
    let content = json!({
        "schemaVersion": 2, "mediaType": media_type, "manifests": manifests,
    });
    manifest(layout, media_type, &content)
}

/// What there is of docker's media types: the names, and the digests.
fn docker_kinds(layout: &mut Layout) -> Vec<(&'static str, String)> {
    let config = layout.blob(DOCKER_CONFIG, br#"{"os":"linux","architecture":"amd64"}"#);
    let layers = [layout.blob(DOCKER_LAYER, b"docker's layer")];
    let one = image(layout, DOCKER_MANIFEST, &config, &layers);
    let other = layout.blob(DOCKER_CONFIG, br#"{"os":"linux","architecture":"arm64"}"#);
    let other = image(layout, DOCKER_MANIFEST, &other, &layers);
    let both = [
        on(one.clone(), "linux", "amd64"),
        on(other, "linux", "arm64"),
    ];
    let list = index(layout, DOCKER_LIST, &both);
    vec![
        ("docker", layout.entry("docker", one)),
        ("list", layout.entry("list", list)),
    ]
}

/// What every registry takes.
fn kinds(layout: &mut Layout) -> Vec<(&'static str, String)> {
    let config = layout.blob(CONFIG, br#"{"os":"linux","architecture":"amd64"}"#);
    let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", b"a layer");
    let plain = image(layout, MANIFEST, &config, std::slice::from_ref(&layer));
    let zero = image(layout, MANIFEST, &config, &[]);
    let twice = image(layout, MANIFEST, &config, &[layer.clone(), layer]);
    let nothing = layout.blob("application/vnd.example.nothing", b"");
    let no_bytes = image(layout, MANIFEST, &config, &[nothing]);
    let chart = layout.blob(
        "application/vnd.cncf.helm.config.v1+json",
        b"{\"name\":\"x\"}",
    );
    let packed = layout.blob(
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        b"chart",
    );
    let helm = image(layout, MANIFEST, &chart, &[packed]);
    let mut empty = layout.blob(EMPTY, b"{}");
    empty["data"] = "e30=".into();
    let mut file = layout.blob("text/plain", b"hello");
    file["annotations"] = json!({"org.opencontainers.image.title": "hello.txt"});
    let artifact = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.example.a",
        "config": empty, "layers": [file], "x-unknown": {"kept": 1.50},
    });
    let artifact = manifest(layout, MANIFEST, &artifact);
    let attested = layout.blob("application/vnd.in-toto+json", b"{\"a\":1}");
    let attestation = image(layout, MANIFEST, &config, &[attested]);
    let mut attestation = on(attestation, "unknown", "unknown");
    attestation["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": plain["digest"],
    });
    let children = [on(plain.clone(), "linux", "amd64"), attestation];
    let built = index(layout, INDEX, &children);
    let nested = index(
        layout,
        INDEX,
        &[built.clone(), on(zero.clone(), "linux", "arm")],
    );
    let all = [
        ("plain", plain),
        ("zero", zero),
        ("twice", twice),
        ("nothing", no_bytes),
        ("helm", helm),
        ("artifact", artifact),
        ("built", built),
        ("nested", nested),
    ];
    let named = all.map(|(name, descriptor)| (name, layout.entry(name, descriptor)));
    named.into()
}

#[test]
fn all_kinds_stay_what_they_are() {
    for server in Server::all() {
        let home = tempfile::tempdir().unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        let mut all = kinds(&mut layout);
        if server.takes_docker() {
            all.extend(docker_kinds(&mut layout));
        }
        for (name, digest) in all {
            let source = layout.image_argument(name);
            let [first, second] = ["first", "second"]
                .map(|repository| format!("{}/{repository}/{name}:v1", server.host()));
            let [there, archive] = ["oci", "oci-archive"].map(|kind| {
                format!(
                    "{kind}:{}:v1",
                    home.path().join(format!("{kind}-{name}")).display()
                )
            });
            let back = format!("{}/back/{name}:v1", server.host());
            for (source, target) in [
                (&source, &first),
                (&first, &second),
                (&second, &there),
                (&second, &archive),
                (&archive, &back),
            ] {
                let told = done(home.path(), &["copy", source, target]);
                assert_eq!(told, format!("{target} {digest} written\n"));
            }
            let raw = done(home.path(), &["inspect", "--raw", &there]);
            assert_eq!(format!("sha256:{}", hex(raw.as_bytes())), digest);
            done(home.path(), &["inspect", &back]);
            if let Some(found) = digest_by_crane(&back) {
                assert_eq!(found, digest, "{name}");
            }
        }
    }
}

/// What is elsewhere by definition is not moved, and not missed.
#[test]
fn foreign_layers_stay_where_they_are() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let config = layout.blob(DOCKER_CONFIG, br#"{"os":"windows","architecture":"amd64"}"#);
    let foreign = json!({
        "mediaType": FOREIGN_LAYER, "size": 7, "digest": format!("sha256:{}", hex(b"foreign")),
        "urls": ["https://127.0.0.1:9/foreign"],
    });
    let content = image(&layout, DOCKER_MANIFEST, &config, &[foreign]);
    let digest = layout.entry("v1", content);
    let there = format!("oci:{}:v1", home.path().join("there").display());
    let told = done(home.path(), &["copy", &layout.image_argument("v1"), &there]);
    assert_eq!(told, format!("{there} {digest} written\n"));
}

/// Where sha512 is taken, a push that is repeated leaves the content readable: distribution loses
/// what is mounted by such a digest. zot does not take it, and says so.
#[test]
fn sha512_is_kept_or_refused() {
    use sha2::{Digest as _, Sha512};
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    std::fs::create_dir(layout.path().join("blobs/sha512")).unwrap();
    let content = br#"{"os":"linux","architecture":"amd64"}"#;
    let hex: String = Sha512::digest(content)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    std::fs::write(layout.path().join("blobs/sha512").join(&hex), content).unwrap();
    let config = json!({
        "mediaType": CONFIG, "digest": format!("sha512:{hex}"), "size": content.len(),
    });
    let descriptor = image(&layout, MANIFEST, &config, &[]);
    let digest = layout.entry("v1", descriptor);
    let source = layout.image_argument("v1");

    let scripted = ScriptedRegistry::start(Behaviour::default());
    let target = format!("{}/app:v1", scripted.host());
    let told = done(home.path(), &["push", &source, &target]);
    assert_eq!(told, format!("{target} {digest} written\n"));

    for server in Server::all() {
        let target = format!("{}/app:v1", server.host());
        let push = |tag: &str| {
            let target = format!("{}/app:{tag}", server.host());
            run(home.path(), &["push", "--quiet", &source, &target])
        };
        if let Server::Zot(_) = server {
            let told = text(&push("v1").stderr);
            let hint =
                "hint: many registries know sha256 only: build the image with sha256 digests\n";
            assert!(told.ends_with(hint), "{told}");
            continue;
        }
        for tag in ["v1", "v2"] {
            let output = push(tag);
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        let place = home.path().join(server.host().replace(':', "-"));
        let there = format!("oci:{}:v1", place.display());
        let told = done(home.path(), &["pull", &target, &there]);
        assert_eq!(told, format!("{there} {digest} written\n"));
    }
}
