//! Debian's `docker-registry` with a repository of many tags.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dockside::oci::media_type::{OCI_CONFIG, OCI_LAYER, OCI_MANIFEST};
use serde_json::json;
use tempfile::TempDir;

use super::limit::Connection;

/// A registry, with the repository `app`.
pub struct Server {
    process: Child,
    _directory: TempDir,
    pub host: String,
}

impl Server {
    /// Starts one with so many tags of so many digests, which share all blobs.
    pub fn start(tags: usize, digests: usize) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = free.local_addr().unwrap().to_string();
        drop(free);
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config.json");
        let settings = json!({
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": true}},
            "storage": {
                "filesystem": {"rootdirectory": directory.path().join("data")},
                "delete": {"enabled": true},
            },
            "http": {"addr": host},
        });
        std::fs::write(&config, settings.to_string()).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry is installed");
        while TcpStream::connect(&host).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let server = Self {
            process,
            _directory: directory,
            host,
        };
        server.fill(tags, digests);
        server
    }

    fn fill(&self, tags: usize, digests: usize) {
        let mut connection = Connection::open(&self.host);
        let config = connection.upload(b"{}");
        let layer = connection.upload(&[7; 1024]);
        for tag in 0..tags {
            let manifest = json!({
                "schemaVersion": 2, "mediaType": OCI_MANIFEST,
                "config": {"mediaType": OCI_CONFIG, "digest": config, "size": 2},
                "layers": [{"mediaType": OCI_LAYER, "digest": layer, "size": 1024}],
                "annotations": {"number": (tag % digests).to_string()},
            });
            let path = format!("/v2/app/manifests/tag-{tag:05}");
            let kind = format!("Content-Type: {OCI_MANIFEST}\r\n");
            let manifest = manifest.to_string();
            let put = connection.ask("PUT", &path, &kind, manifest.as_bytes());
            assert_eq!(put.status, 201);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
