//! Distribution, started on a free loopback port: Debian's `docker-registry` (2.8), or version 3.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::certificates::Identity;
use super::go_program;
use super::token_server::{ISSUER, SERVICE, TokenServer};
use super::wait::PATIENCE;

/// The program. Tests ask [`super::installed`] for it, and for `htpasswd` where they need it.
pub const PROGRAM: &str = "docker-registry";

/// The program of version 3. Tests ask [`super::go_program`] for it.
pub const PROGRAM_3: &str = "registry";

/// How long nothing more may be logged before it is taken for certain that there was no request
/// too many. This can only overlook one: what must be there is waited for.
const QUIET: Duration = Duration::from_millis(100);

/// Which registry, who may use it, and how it is reached.
#[derive(Default)]
pub struct Options<'a> {
    is_3: bool,
    keeps_all: bool,
    htpasswd: Option<(&'a str, &'a str)>,
    token: Option<&'a TokenServer>,
    tls: Option<&'a Identity>,
}

impl<'a> Options<'a> {
    /// Basic authentication of one user, by `htpasswd`.
    pub fn htpasswd(mut self, username: &'a str, password: &'a str) -> Self {
        self.htpasswd = Some((username, password));
        self
    }

    /// Tokens of a service.
    pub fn token(mut self, service: &'a TokenServer) -> Self {
        self.token = Some(service);
        self
    }

    /// TLS with this certificate.
    pub fn tls(mut self, identity: &'a Identity) -> Self {
        self.tls = Some(identity);
        self
    }

    /// Version 3.
    pub fn version3(mut self) -> Self {
        self.is_3 = true;
        self
    }

    /// Deletes are refused, as they are unless the configuration says otherwise.
    pub fn without_deletes(mut self) -> Self {
        self.keeps_all = true;
        self
    }

    /// Starts the registry, and waits until it listens.
    pub fn start(self) -> Registry {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config.json");
        std::fs::write(&config, self.config(directory.path()).to_string()).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let process = Command::new(self.program())
            .arg("serve")
            .arg(&config)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut registry = Registry {
            process,
            directory,
            host: String::new(),
            taken: AtomicUsize::new(0),
        };
        registry.host = registry.wait();
        registry
    }

    fn program(&self) -> PathBuf {
        if self.is_3 {
            go_program(PROGRAM_3).expect("asked for before")
        } else {
            PROGRAM.into()
        }
    }

    /// The configuration; JSON is YAML.
    fn config(&self, directory: &Path) -> Value {
        let file = |name: &str, content: &str| {
            let path = directory.join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let mut config = json!({
            "version": 0.1,
            "log": {"level": "info", "formatter": "text"},
            "storage": {
                "filesystem": {"rootdirectory": directory.join("storage")},
                "delete": {"enabled": !self.keeps_all},
            },
            "http": {"addr": "127.0.0.1:0"},
        });
        if let Some((username, password)) = self.htpasswd {
            let entry = Command::new("htpasswd")
                .args(["-Bbn", "-C", "4", username, password])
                .output()
                .unwrap();
            let entry = String::from_utf8(entry.stdout).unwrap();
            config["auth"] = json!({"htpasswd": {
                "realm": "test realm", "path": file("htpasswd", &entry),
            }});
        }
        if let Some(service) = self.token {
            config["auth"] = json!({"token": {
                "realm": service.realm(), "service": SERVICE, "issuer": ISSUER,
                "rootcertbundle": file("token.crt", service.certificate()),
            }});
        }
        if let Some(identity) = self.tls {
            config["http"]["tls"] = json!({
                "certificate": file("tls.crt", &identity.certificate),
                "key": file("tls.key", &identity.key),
            });
        }
        config
    }
}

/// A running registry. It is killed, and its storage removed, when it is dropped.
pub struct Registry {
    process: Child,
    directory: TempDir,
    host: String,
    taken: AtomicUsize,
}

impl Registry {
    /// A registry that lets everybody in.
    pub fn open() -> Self {
        Options::default().start()
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// The requests so far, such as `GET /v2/ 401`. They may be logged after they are answered,
    /// so this waits until there are `count`.
    pub fn requests(&self, count: usize) -> Vec<String> {
        self.requests_with(|found| found.len() >= count)
    }

    /// The requests so far; waits until they are as they must be, or for too long.
    pub fn requests_with(&self, complete: impl Fn(&[String]) -> bool) -> Vec<String> {
        let started = Instant::now();
        loop {
            let found: Vec<String> = self.log().lines().filter_map(access).collect();
            if complete(&found) || started.elapsed() > PATIENCE {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many bytes it has of an upload that is open: of the one with the most of them, as far
    /// as they are in its storage.
    pub fn arrived(&self) -> u64 {
        let repositories = "storage/docker/registry/v2/repositories";
        largest_upload(&self.directory.path().join(repositories))
    }

    /// Where it keeps the tags and manifests of a repository.
    pub fn manifests_of(&self, repository: &str) -> PathBuf {
        let repositories = self
            .directory
            .path()
            .join("storage/docker/registry/v2/repositories");
        repositories.join(repository).join("_manifests")
    }

    /// The requests since the last call of this method (or the start), all of them: for tests
    /// that count. Waits until there are `count`, then until nothing is logged any more.
    pub fn new_requests(&self, count: usize) -> Vec<String> {
        let taken = self.taken.load(Ordering::SeqCst);
        let mut found = self.requests(taken + count);
        loop {
            std::thread::sleep(QUIET);
            let again = self.requests(found.len());
            if again.len() == found.len() {
                break;
            }
            found = again;
        }
        self.taken.store(found.len(), Ordering::SeqCst);
        found.split_off(taken)
    }

    /// Waits for the line that says where it listens.
    fn wait(&mut self) -> String {
        const MARK: &str = "listening on ";
        let started = Instant::now();
        loop {
            let log = self.log();
            let found = log.split_once(MARK).and_then(|(_, rest)| {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')?;
                Some(rest[..end].to_owned())
            });
            if let Some(host) = found {
                return host;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "the registry ended: {log}");
            assert!(started.elapsed() < PATIENCE, "no registry: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The size of the largest `.../_uploads/UUID/data` below a directory, which may be changing.
fn largest_upload(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return largest_upload(&path);
        }
        let is_data = path.ends_with("data") && path.to_string_lossy().contains("/_uploads/");
        let size = entry.metadata().map_or(0, |about| about.len());
        if is_data { size } else { 0 }
    });
    sizes.max().unwrap_or(0)
}

/// The request of a line in Apache's log format.
fn access(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("] \"")?;
    let (request, rest) = rest.split_once(" HTTP/")?;
    Some(format!("{request} {}", rest.split(' ').nth(1)?))
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
