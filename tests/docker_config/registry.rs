//! A registry that knows one user, as judge of what clients send it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The user that the registry knows.
pub const USER: &str = "robot";
pub const PASSWORD: &str = "pa:ss $word";

/// The repository and tag of an image that [`Registry::push`] makes.
pub const IMAGE: &str = "team/image:1";

pub struct Registry {
    process: Child,
    pub host: String,
    _directory: TempDir,
}

impl Registry {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let users = Command::new("htpasswd")
            .args(["-Bbn", USER, PASSWORD])
            .output()
            .unwrap();
        fs::write(path("users"), users.stdout).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let config = serde_json::json!({
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": path("data")}},
            "http": {"addr": host},
            "auth": {"htpasswd": {"realm": "test", "path": path("users")}},
        });
        fs::write(path("config.yml"), config.to_string()).unwrap();
        let process = Command::new("docker-registry")
            .args(["serve", &path("config.yml")])
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut registry = Self {
            process,
            host,
            _directory: directory,
        };
        while TcpStream::connect(&registry.host).is_err() {
            assert!(
                registry.process.try_wait().unwrap().is_none(),
                "the registry ended"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
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

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
