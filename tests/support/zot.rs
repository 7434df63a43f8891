//! zot, a registry that shares no code with distribution, started on a free loopback port.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::go_program;

/// The program. Tests ask [`super::go_program`] for it.
pub const PROGRAM: &str = "zot";

/// A running registry. It is killed, and its storage removed, when it is dropped.
pub struct Zot {
    process: Child,
    directory: TempDir,
    host: String,
}

impl Zot {
    /// Starts one that lets everybody in, and waits until it listens.
    pub fn start() -> Self {
        Self::with(tempfile::tempdir().unwrap(), None)
    }

    /// The same for one user alone. Tests ask [`super::installed`] for `htpasswd`.
    pub fn start_for(username: &str, password: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let entry = Command::new("htpasswd")
            .args(["-Bbn", "-C", "4", username, password])
            .output()
            .unwrap();
        let file = directory.path().join("htpasswd");
        std::fs::write(&file, entry.stdout).unwrap();
        Self::with(directory, Some(json!({"htpasswd": {"path": file}})))
    }

    fn with(directory: TempDir, auth: Option<Value>) -> Self {
        let config = directory.path().join("config.json");
        let mut settings = json!({
            "distSpecVersion": "1.0.1-dev",
            "storage": {"rootDirectory": directory.path().join("storage"), "gc": false},
            "http": {"address": "127.0.0.1", "port": "0"},
            "log": {"level": "info"},
        });
        if let Some(auth) = auth {
            settings["http"]["auth"] = auth;
        }
        std::fs::write(&config, settings.to_string()).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let process = Command::new(go_program(PROGRAM).expect("asked for before"))
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut zot = Self {
            process,
            directory,
            host: String::new(),
        };
        zot.host = format!("127.0.0.1:{}", zot.port());
        zot
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The requests so far, such as `GET /v2/ 200`; an answer may reach its client before its
    /// request is here.
    pub fn requests(&self) -> Vec<String> {
        let lines = self.lines().into_iter();
        let requests = lines.filter(|line| line["message"] == "HTTP API");
        let shown = requests.map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("method"), text("path"), line["statusCode"])
        });
        shown.collect()
    }

    /// Waits for the line that says which port it was given.
    fn port(&mut self) -> u64 {
        let started = Instant::now();
        loop {
            let mut lines = self.lines().into_iter();
            if let Some(port) = lines.find_map(|line| line["port"].as_u64()) {
                return port;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "zot ended: {:?}", self.lines());
            assert!(started.elapsed() < Duration::from_secs(60), "no zot");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn lines(&self) -> Vec<Value> {
        let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap();
        let lines = log.lines().map(serde_json::from_str);
        lines.filter_map(Result::ok).collect()
    }
}

impl Drop for Zot {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
