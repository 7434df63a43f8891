//! Clients of others take the scripted registry for a registry.

use std::path::Path;
use std::process::Command;

use crate::support::certificates::Authority;
use crate::support::scripted_registry::{
    Auth, Behaviour, Kind, Location, Mounts, ScriptedRegistry,
};
use crate::support::{go_program, installed, isolate};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &[u8] =
    b"{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\
    \"diff_ids\":[\"sha256:239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5\"]}}";
const LAYER: &[u8] = b"payload";

/// Puts an image of one layer there; gives its digest.
fn put_image(registry: &ScriptedRegistry) -> String {
    let config = registry.put_blob("app", CONFIG);
    let layer = registry.put_blob("app", LAYER);
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config, "size": CONFIG.len(),
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": layer, "size": LAYER.len(),
        }],
    });
    registry.put_manifest("app", "v1", MANIFEST, manifest.to_string().as_bytes())
}

fn run(program: &Path, home: &Path, arguments: &[&str]) {
    let mut command = Command::new(program);
    isolate(&mut command, home);
    let output = command.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

#[test]
fn crane_copies_through_redirects_and_tokens() {
    let Some(crane) = go_program("crane") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Bearer {
            username: "robot",
            password: "secret",
            lives: Some(4),
            grants: &["pull", "push"],
            anonymous: false,
        },
        location: Location::Relative,
        redirects: true,
        ..Behaviour::default()
    });
    let host = registry.host();
    let digest = put_image(&registry);
    let login = ["auth", "login", &host, "-u", "robot", "-p", "secret"];
    run(&crane, home.path(), &login);
    let (from, to) = (format!("{host}/app:v1"), format!("{host}/copy:v1"));
    run(&crane, home.path(), &["copy", &from, &to]);
    assert_eq!(registry.tags("copy"), ["v1"]);
    assert_eq!(
        registry.manifest("copy", "v1"),
        registry.manifest("app", &digest)
    );
    let file = home.path().join("image.tar");
    run(&crane, home.path(), &["pull", &to, file.to_str().unwrap()]);
    let requests = registry.requests();
    let stored = requests.iter().filter(|seen| seen.kind == Kind::Storage);
    assert!(stored.clone().count() > 0);
    assert!(stored.clone().all(|seen| seen.status == Some(200)));
}

#[test]
fn skopeo_copies_over_tls() {
    if !installed("skopeo") {
        return;
    }
    let skopeo = Path::new("skopeo");
    let home = tempfile::tempdir().unwrap();
    let identity = Authority::new().issue(&["127.0.0.1"]);
    let behaviour = || Behaviour {
        location: Location::Query,
        mounts: Mounts::Ignored,
        ..Behaviour::default()
    };
    let [from, to] =
        [(); 2].map(|()| ScriptedRegistry::start_tls(behaviour(), identity.server(None)));
    let digest = put_image(&from);
    let layout = format!("oci:{}:v1", home.path().join("layout").display());
    let [policy, same] = ["--insecure-policy", "--preserve-digests"];
    for [source, target] in [
        [format!("docker://{}/app:v1", from.host()), layout.clone()],
        [layout, format!("docker://{}/app:v1", to.host())],
    ] {
        let open = ["--src-tls-verify=false", "--dest-tls-verify=false"];
        let arguments = [
            policy, "copy", "--all", same, open[0], open[1], &source, &target,
        ];
        run(skopeo, home.path(), &arguments);
    }
    assert_eq!(to.manifest("app", "v1"), from.manifest("app", &digest));
    assert_eq!(to.open_uploads(), 0);
}
