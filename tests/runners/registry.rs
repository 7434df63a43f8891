//! A registry with one user and one image, for the runners to copy from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The user that the registry knows.
pub const USERNAME: &str = "release-bot";

/// Her password, which must appear in no log.
pub const PASSWORD: &str = "Zq7.pw-of-the-bot";

/// Debian's `docker-registry` on a free port of the loopback interface, killed when dropped.
pub struct Registry {
    server: Child,
    address: String,
}

impl Registry {
    /// Starts it with its files in `directory`.
    pub fn start(directory: &Path) -> Self {
        fs::create_dir_all(directory).unwrap();
        let users = Command::new("htpasswd")
            .args(["-Bbn", USERNAME, PASSWORD])
            .output()
            .unwrap();
        fs::write(directory.join("users"), users.stdout).unwrap();
        let config = serde_json::json!({
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": directory.join("data")}},
            "http": {"addr": "127.0.0.1:0", "secret": "unused"},
            "auth": {"htpasswd": {"realm": "test", "path": directory.join("users")}},
        });
        fs::write(directory.join("config.yml"), config.to_string()).unwrap();
        let log = directory.join("log");
        let server = Command::new("docker-registry")
            .arg("serve")
            .arg(directory.join("config.yml"))
            .env_remove("REGISTRY_HTTP_ADDR")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let address = listening(&log);
        Self { server, address }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts an image without layers under `reference`, and returns its digest.
    pub fn push(&self, reference: &str, mut skopeo: Command, scratch: &Path) -> String {
        let (layout, digest) = image(&scratch.join("layout"));
        let status = skopeo
            .args(["copy", "--quiet", "--dest-creds"])
            .arg(format!("{USERNAME}:{PASSWORD}"))
            .arg(format!("oci:{}", layout.display()))
            .arg(format!("docker://{}/{reference}", self.address))
            .status()
            .unwrap();
        assert!(status.success());
        digest
    }

    /// The digest of what is under `reference`.
    pub fn digest(&self, reference: &str, mut skopeo: Command) -> String {
        let output = skopeo
            .args(["inspect", "--format", "{{.Digest}}", "--creds"])
            .arg(format!("{USERNAME}:{PASSWORD}"))
            .arg(format!("docker://{}/{reference}", self.address))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What stands in a docker config for the user, which no job may leave behind.
pub fn stored_login() -> String {
    STANDARD.encode(format!("{USERNAME}:{PASSWORD}"))
}

/// The address that the server says it listens on.
fn listening(log: &Path) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let text = fs::read_to_string(log).unwrap();
        if let Some((_, rest)) = text.split_once("listening on ")
            && let Some((address, _)) = rest.split_once('"')
        {
            return address.to_owned();
        }
        assert!(Instant::now() < deadline, "no registry: {text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Writes an OCI layout with one image, and returns where it is and the image's digest.
fn image(layout: &Path) -> (PathBuf, String) {
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let add = |media_type: &str, content: &serde_json::Value| {
        let content = content.to_string();
        let digest: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        fs::write(blobs.join(&digest), &content).unwrap();
        serde_json::json!({
            "mediaType": media_type,
            "digest": format!("sha256:{digest}"),
            "size": content.len(),
        })
    };
    let config = add(
        "application/vnd.oci.image.config.v1+json",
        &serde_json::json!({
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": []},
        }),
    );
    let manifest = add(
        "application/vnd.oci.image.manifest.v1+json",
        &serde_json::json!({"schemaVersion": 2, "config": config, "layers": []}),
    );
    let digest = manifest["digest"].as_str().unwrap().to_owned();
    let index = serde_json::json!({"schemaVersion": 2, "manifests": [manifest]});
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
    fs::write(
        layout.join("oci-layout"),
        r#"{"imageLayoutVersion": "1.0.0"}"#,
    )
    .unwrap();
    (layout.to_owned(), digest)
}
