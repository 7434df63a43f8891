//! `doctor`: each fault has its diagnosis, and what is healthy has none.
//!
//! The diagnoses are in `tests/snapshots/doctor-*.txt`: what `doctor --quiet` prints of each fault,
//! and its exit code. All faults are listed in `table`.

mod access;
mod facts;
mod forms;
mod healthy;
mod jobs;
mod looking;
mod machine;
mod network;
mod office;
mod real;
mod table;
mod vendors;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::dockside;
use crate::support::job::text;

/// Set to write the files in place of comparing with them.
const RENEW: &str = "RENEW_SNAPSHOTS";

/// Faults by their names, each with what is said of it.
pub type Faults = [(&'static str, fn() -> String)];

/// Stages all faults, and compares what is said with the file.
pub fn assert_diagnoses(topic: &str, faults: &Faults) {
    let mut said = String::new();
    for (name, stage) in faults {
        said.push_str(&format!("## {name}\n{}\n", stage()));
    }
    let file = format!("tests/snapshots/doctor-{topic}.txt");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os(RENEW).is_some() {
        return fs::write(file, said).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap();
    let sections = |text: &str| text.split("## ").map(str::to_owned).collect::<Vec<_>>();
    for (said, expected) in sections(&said).iter().zip(&sections(&expected)) {
        assert!(said == expected, "said:\n{said}\nexpected:\n{expected}");
    }
    assert_eq!(said.len(), expected.len());
}

/// A machine with a home, and what is set in its environment.
pub struct Machine {
    pub home: TempDir,
    environment: Vec<(String, String)>,
    /// What differs from run to run, and what stands for it in files.
    names: Vec<(String, String)>,
}

impl Machine {
    /// One without anything.
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        Self {
            home,
            environment: Vec::new(),
            names: vec![(path, "{home}".to_owned())],
        }
    }

    /// Sets variables; `{home}` is the home.
    pub fn with(mut self, environment: &[(&str, &str)]) -> Self {
        let home = self.path("");
        let home = home.to_str().unwrap().trim_end_matches('/');
        let set = environment.iter();
        let set = set.map(|(name, value)| ((*name).to_owned(), value.replace("{home}", home)));
        self.environment.extend(set);
        self
    }

    /// Adds variables as they are.
    pub fn also(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment.extend(environment);
        self
    }

    /// Writes a file of mode 0600.
    pub fn file(self, name: &str, content: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    /// Logs in, in `~/.docker/config.json`.
    pub fn login(self, host: &str, user: &str, password: &str) -> Self {
        self.file(".docker/config.json", &login(host, user, password))
    }

    /// Shows one text as another.
    pub fn naming(mut self, text: &str, name: &str) -> Self {
        self.names.push((text.to_owned(), name.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Exit code, standard output and standard error.
    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = dockside(self.home.path());
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let output = command.envs(environment).arg("doctor").args(words);
        let output = output.output().unwrap();
        let code = output.status.code().unwrap();
        (code, text(&output.stdout), text(&output.stderr))
    }

    /// What `doctor --quiet` says: standard output and exit code. Standard error has nothing but
    /// how many problems there are.
    pub fn doctor(&self, words: &[&str]) -> String {
        let (code, said, stderr) = self.run(&[&["--quiet"], words].concat());
        let expected = match said.matches("\n  problem ").count() {
            0 => String::new(),
            1 => "dockside: error: there is a problem\n".to_owned(),
            many => format!("dockside: error: there are {many} problems\n"),
        };
        assert_eq!(stderr, expected, "{said}");
        format!("{}exit {code}\n", self.named(said))
    }

    /// With the names of what differs from run to run.
    pub fn named(&self, said: String) -> String {
        let names = self.names.iter();
        names.fold(said, |said, (text, name)| said.replace(text, name))
    }
}

/// A docker config with one login.
pub fn login(host: &str, user: &str, password: &str) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    serde_json::json!({"auths": {host: {"auth": auth}}}).to_string()
}

/// What is said when nothing is wrong.
pub const WELL: &str = "all is well\nexit 0\n";

/// A registry where nobody listens; it is never asked in tests of the job itself.
pub const NOWHERE: &str = "localhost:1";
