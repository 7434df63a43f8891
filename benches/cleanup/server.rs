//! Debian's `docker-registry` with a repository of many tags.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dockside::oci::Digest;
use dockside::oci::media_type::{OCI_CONFIG, OCI_MANIFEST};
use serde_json::json;
use tempfile::TempDir;

use super::limit::Connection;

/// How many digests the tags have: some tags name the same.
const DIGESTS: usize = 400;

/// A registry, with the repository `app`.
pub struct Server {
    process: Child,
    _directory: TempDir,
    pub host: String,
}

impl Server {
    /// Starts one with so many tags.
    pub fn start(tags: usize) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = free.local_addr().unwrap().to_string();
        drop(free);
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config.json");
        let settings = json!({
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": directory.path().join("data")}},
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
        server.fill(tags);
        server
    }

    fn fill(&self, tags: usize) {
        let mut connection = Connection::open(&self.host);
        let config = b"{}";
        let digest = Digest::of(config);
        let opened = connection.ask("POST", "/v2/app/blobs/uploads/", "", b"");
        let location = opened.header("location").expect("a location");
        let path = location
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap_or(&location)
            .to_owned();
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}digest={digest}");
        let kind = "Content-Type: application/octet-stream\r\n";
        assert_eq!(connection.ask("PUT", &path, kind, config).status, 201);
        for tag in 0..tags {
            let manifest = json!({
                "schemaVersion": 2, "mediaType": OCI_MANIFEST,
                "config": {"mediaType": OCI_CONFIG, "digest": digest, "size": config.len()},
                "layers": [],
                "annotations": {"number": (tag % DIGESTS).to_string()},
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
