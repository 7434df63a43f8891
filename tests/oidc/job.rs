//! A job with an identity.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::dockside;
use crate::support::job::{GITLAB, text};

/// A JWT with these claims, signed by nobody.
pub fn jwt(claims: &Value) -> String {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJub25lIn0.{claims}.c2lnbmF0dXJl")
}

/// An ID token for an audience, good for an hour.
pub fn id_token(audience: &str) -> String {
    jwt(&json!({
        "iss": "https://gitlab.example.com",
        "sub": "project_path:group/project:ref_type:branch:ref:main",
        "aud": audience,
        "exp": now() + 3600,
    }))
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A job of GitLab on a machine of its own.
pub struct Job {
    pub home: TempDir,
    pub variables: Vec<(String, String)>,
}

impl Job {
    /// With these variables too.
    pub fn new(variables: &[(&str, &str)]) -> Self {
        let all = GITLAB.iter().chain(variables);
        Self {
            home: tempfile::tempdir().unwrap(),
            variables: all
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// The same with more.
    pub fn with(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// A command of the job.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = dockside(self.home.path());
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.envs(variables).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `ci-env --format json` with these arguments: the variables that it sets.
    pub fn ci_env(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["ci-env", "gitlab", "--format", "json"];
        all.extend(arguments);
        let output = self.run(&all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let set: Value = serde_json::from_slice(&output.stdout).unwrap();
        set["variables"].clone()
    }

    /// The directory of the job, which is the only one.
    pub fn directory(&self) -> PathBuf {
        let mut found = Vec::new();
        for user in fs::read_dir(self.home.path()).unwrap().flatten() {
            let name = user.file_name().into_string().unwrap();
            if name.starts_with("dockside-") {
                let jobs = fs::read_dir(user.path()).unwrap();
                found.extend(jobs.map(|job| job.unwrap().path()));
            }
        }
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    pub fn docker_config(&self) -> PathBuf {
        self.directory().join("docker")
    }

    /// The job's config.json.
    pub fn config(&self) -> Value {
        read(&self.docker_config().join("config.json"))
    }

    /// The record of a registry.
    pub fn record(&self, registry: &str) -> PathBuf {
        let name = registry.replace(':', "+");
        self.directory()
            .join("renewals")
            .join(name)
            .join("login.json")
    }

    /// Makes a login seem to have been made, and to end, so many seconds from now.
    pub fn age(&self, registry: &str, made: i64, expires: i64) {
        let path = self.record(registry);
        let mut record = read(&path);
        let at = |seconds: i64| json!((i64::try_from(now()).unwrap() + seconds) * 1000);
        record["made"] = at(made);
        record["expires"] = at(expires);
        fs::write(path, record.to_string()).unwrap();
    }

    /// The command that docker starts for the helper `dockside`.
    pub fn helper(&self) -> Command {
        let mut command = self.command(&["credential", "get"]);
        command.env("DOCKER_CONFIG", self.docker_config());
        command
    }

    /// What the helper answers for a server.
    pub fn get(&self, server: &str) -> Output {
        ask(self.helper(), server)
    }

    /// Whether a text is in no file of the job but the record of a registry.
    pub fn is_only_in_record(&self, registry: &str, secret: &str) -> bool {
        let record = self.record(registry);
        let holds = |path: &Path| {
            let bytes = fs::read(path).unwrap();
            bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        };
        let files = files(self.home.path());
        holds(&record) && files.iter().all(|path| *path == record || !holds(path))
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What a helper answers.
pub fn ask(mut command: Command, server: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(server.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The secret in a helper's answer.
pub fn secret(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["Secret"].as_str().unwrap().to_owned()
}
