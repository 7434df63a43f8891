//! Registries to measure with: Debian's `docker-registry` (2.8) and CNCF distribution 3.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::tool::program;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Two,
    Three,
}

impl Version {
    pub fn name(self) -> &'static str {
        match self {
            Self::Two => "distribution 2.8",
            Self::Three => "distribution 3",
        }
    }

    fn program(self) -> Option<PathBuf> {
        match self {
            Self::Two => program("docker-registry"),
            Self::Three => program("registry"),
        }
    }
}

/// Those that are installed.
pub fn versions() -> Vec<Version> {
    let all = [Version::Two, Version::Three];
    all.into_iter()
        .filter(|version| version.program().is_some())
        .collect()
}

/// The one that hides least of the client.
pub fn best() -> Version {
    *versions().last().expect("a registry is installed")
}

/// A certificate and its key, in files.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A registry, which ends with this value.
pub struct Server {
    pub address: SocketAddr,
    process: Child,
    log: PathBuf,
    storage: PathBuf,
}

impl Server {
    pub fn start(version: Version, home: &Path, identity: Option<&Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let name = format!("registry-{}", address.port());
        let tls = identity.map_or(String::new(), |Identity { certificate, key }| {
            format!(
                "  tls:\n    certificate: {}\n    key: {}\n",
                certificate.display(),
                key.display()
            )
        });
        let config = home.join(format!("{name}.yml"));
        let storage = home.join(&name);
        fs::write(
            &config,
            format!(
                "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: false\n\
                 storage:\n  filesystem:\n    rootdirectory: {}\n    maxthreads: 1000\n  \
                 delete:\n    enabled: true\nhttp:\n  addr: {address}\n{tls}",
                storage.display()
            ),
        )
        .unwrap();
        let log = home.join(format!("{name}.log"));
        let output = fs::File::create(&log).unwrap();
        let process = Command::new(version.program().unwrap())
            .arg("serve")
            .arg(config)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let server = Self {
            address,
            process,
            log,
            storage,
        };
        while TcpStream::connect(address).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Tags in a repository, written where the registry keeps them: pushing so many takes long.
    pub fn make_tags(&self, repository: &str, count: usize) {
        let tags = self
            .storage
            .join("docker/registry/v2/repositories")
            .join(repository)
            .join("_manifests/tags");
        for number in 0..count {
            let tag = tags.join(format!("v1.0.{number:05}/current"));
            fs::create_dir_all(&tag).unwrap();
            fs::write(tag.join("link"), format!("sha256:{number:064x}")).unwrap();
        }
    }

    /// How many requests it has answered.
    pub fn requests(&self) -> usize {
        // The log is written after the answer.
        std::thread::sleep(Duration::from_millis(30));
        let log = fs::read(&self.log).unwrap();
        let text = String::from_utf8_lossy(&log);
        text.lines().filter(|line| line.contains(" HTTP/")).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
