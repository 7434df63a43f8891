//! A project: its git repository, and the repository of its images.

use std::cell::Cell;
use std::process::Command;

use super::super::git::repository::{NOW, Place, Repo};
use super::repository::Filled;
use crate::cleanup::whole::ended;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::{dockside, installed};

/// A project whose commits are made at its origin.
pub struct Project {
    pub place: Place,
    pub origin: Repo,
    pub repo: Filled,
    pub finals: Filled,
    _registry: Registry,
    runs: Cell<usize>,
}

/// What is never in use, and that no share of a repository is too much.
pub const FREELY: [&str; 5] = [
    "--without-kube",
    "--max-delete",
    "100%",
    "--allow-empty",
    "--progress=none",
];

impl Project {
    /// One without commits; `None` where there is no registry to be had.
    pub fn new() -> Option<Self> {
        if !installed(PROGRAM) {
            return None;
        }
        let registry = Registry::open();
        let (place, origin) = Place::new();
        Some(Self {
            repo: Filled::new(registry.host(), "p"),
            finals: Filled::new(registry.host(), "final"),
            place,
            origin,
            _registry: registry,
            runs: Cell::new(0),
        })
    }

    /// A commit at the origin, so many hours ago, where its `HEAD` is.
    pub fn commit(&self, words: &str, hours: i64) -> String {
        let commit = self.origin.commit(words, before(hours));
        self.repo.call(&commit, words);
        commit
    }

    /// A stage, built for an image of a commit, so many hours ago.
    pub fn build(&self, image: &str, commit: &str, hours: i64) -> String {
        let words = format!("{image}@{}", self.repo.words(commit));
        self.build_as(&words, image, commit, hours)
    }

    /// The same with another name for people.
    pub fn build_as(&self, words: &str, image: &str, commit: &str, hours: i64) -> String {
        let stage = self.repo.stage(words, hours, &[]);
        self.repo.metadata(image, commit, &stage);
        self.repo.managed(image);
        stage
    }

    /// The program in a fresh clone with this section `cleanup`.
    pub fn command(&self, verb: &str, cleanup: &str, more: &[&str]) -> Command {
        let werf = format!("project: p\nconfigVersion: 1\n{cleanup}\n---\nimage: app\nfrom: a\n");
        self.command_with(verb, &werf, more)
    }

    /// The same with this `werf.yaml`.
    pub fn command_with(&self, verb: &str, werf: &str, more: &[&str]) -> Command {
        self.runs.set(self.runs.get() + 1);
        let clone = self.place.clone(&format!("clone-{}", self.runs.get()), &[]);
        std::fs::write(clone.path.join("werf.yaml"), werf).unwrap();
        let mut command = dockside(self.place.root.path());
        command.current_dir(&clone.path);
        command
            .args([verb, "--repo", &self.repo.address()])
            .args(more);
        command
    }

    /// Cleans up; that it went well, and what it printed.
    pub fn clean(&self, cleanup: &str, more: &[&str]) -> String {
        let mut command = self.command("cleanup", cleanup, &[&FREELY, more].concat());
        let (code, out, errors) = ended(&mut command);
        assert_eq!(code, 0, "{out}{errors}");
        out
    }

    /// Cleans up; what is left.
    pub fn left(&self, cleanup: &str) -> Vec<String> {
        self.clean(cleanup, &[]);
        self.repo.left()
    }

    /// Runs the command, and gives exit code, standard output and error.
    pub fn run(&self, verb: &str, cleanup: &str, more: &[&str]) -> (i32, String, String) {
        ended(&mut self.command(verb, cleanup, more))
    }

    /// A list of what is in use.
    pub fn in_use(&self, images: &[String]) -> String {
        let path = self.place.root.path().join("in-use.json");
        let images: serde_json::Map<String, serde_json::Value> = images
            .iter()
            .map(|image| (image.clone(), serde_json::json!(["c/n/Pod/web"])))
            .collect();
        let taken = jiff::Timestamp::now().to_string();
        let list =
            serde_json::json!({"version": 1, "taken": taken, "sources": ["c"], "images": images});
        std::fs::write(&path, list.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// So many hours ago, in hours before the time of the repositories of git.
pub fn before(hours: i64) -> i64 {
    hours - (jiff::Timestamp::now().as_second() - NOW) / 3600
}
