//! A registry that knows one user, as judge of what clients send it.

use std::fs;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::support;
use crate::support::registry::Options;

/// The user that the registry knows.
pub const USER: &str = "robot";
pub const PASSWORD: &str = "pa:ss $word";

/// The repository and tag of an image that [`Registry::push`] makes.
pub const IMAGE: &str = "team/image:1";

pub struct Registry {
    _running: support::registry::Registry,
    pub host: String,
}

impl Registry {
    pub fn start() -> Self {
        let running = Options::default().htpasswd(USER, PASSWORD).start();
        let registry = Self {
            host: running.host().to_owned(),
            _running: running,
        };
        registry.push();
        registry
    }

    /// Puts an image without layers there, from a directory of skopeo's form.
    fn push(&self) {
        let image = tempfile::tempdir().unwrap();
        let config =
            r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
        let digest: String = Sha256::digest(config)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": config.len(),
                "digest": format!("sha256:{digest}"),
            },
            "layers": [],
        });
        let write = |name: &str, text: &str| fs::write(image.path().join(name), text).unwrap();
        write("version", "Directory Transport Version: 1.1\n");
        write("manifest.json", &manifest.to_string());
        write(&digest, config);
        let pushed = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "--dest-tls-verify=false"])
            .arg(format!("--dest-creds={USER}:{PASSWORD}"))
            .arg(format!("dir:{}", image.path().display()))
            .arg(format!("docker://{}/{IMAGE}", self.host))
            .output()
            .unwrap();
        assert!(pushed.status.success(), "{pushed:?}");
    }
}
