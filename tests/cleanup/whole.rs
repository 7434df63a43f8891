//! The commands `cleanup` and `purge` from end to end, at emulators: all that they print, and all
//! that is left.

mod asked;
mod backups;
mod brands;
mod cut_short;
mod given;
mod policies;
mod resume;
mod shards;
mod told;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::dockside;
use crate::support::job::text;
use crate::support::vendor::{Local, Request, Rules, Store, Target, Vendor, shared, v2};

/// A registry without an API of its own.
pub struct Plain {
    pub store: Store,
    rules: Rules,
}

impl Vendor for Plain {
    fn answer(&mut self, request: &Request) -> crate::support::answer::Answer {
        let missing = || crate::support::answer::Answer::new(404);
        match request.path.as_str() {
            "/v2/" => crate::support::answer::Answer::new(200),
            _ if Target::of(request).is_none() => missing(),
            _ => v2(request, &mut self.store, &self.rules).unwrap_or_else(missing),
        }
    }
}

/// One on a loopback port, and a home.
pub struct Stand {
    pub plain: Arc<Mutex<Plain>>,
    pub local: Local,
    pub home: TempDir,
}

impl Stand {
    pub fn new() -> Self {
        let plain = shared(Plain {
            store: Store::new(),
            rules: Rules::default(),
        });
        Self {
            local: Local::start(&plain),
            plain,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// One with images of these tags in `app`.
    pub fn of(tags: &[&str]) -> Self {
        let stand = Self::new();
        for tag in tags {
            stand.push("app", tag);
        }
        stand
    }

    /// An image whose only tag is also what it is made of; its digest.
    pub fn push(&self, repository: &str, tag: &str) -> String {
        let mut plain = self.plain.lock().unwrap();
        plain.store.push_image(repository, Some(tag), tag)
    }

    /// The whole name of a repository.
    pub fn name(&self, repository: &str) -> String {
        format!("{}/{repository}", self.local.host())
    }

    /// The tags of a repository.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        self.plain.lock().unwrap().store.tags(repository)
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = dockside(self.home.path());
        command.args(words).current_dir(self.home.path());
        command.args(["--progress", "none"]);
        command
    }

    /// Exit code, standard output and standard error.
    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        ended(&mut self.command(words))
    }

    /// A file in the home.
    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.home.path().join(name), content).unwrap();
    }

    /// A document in the home.
    pub fn document(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap()
    }
}

/// Exit code, standard output and standard error.
pub fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A report without its times and the digest of the policy, which are believable.
pub fn timeless(report: &str) -> String {
    let mut document: Value = serde_json::from_str(report).unwrap();
    let now = jiff::Timestamp::now();
    let hide = |value: &mut Value| {
        let time: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
        assert!(time <= now, "{time}");
        *value = "TIME".into();
    };
    hide(&mut document["began"]);
    hide(&mut document["ended"]);
    for repository in document["repositories"].as_array_mut().unwrap() {
        if repository["taken"].is_string() {
            hide(&mut repository["taken"]);
            repository["policy"] = "POLICY".into();
        }
    }
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// What a file of expected output has; it is written where `RENEW_SNAPSHOTS` is set.
pub fn expect(name: &str, found: &str) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cleanup/whole");
    let path = Path::new(directory).join(name);
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}
