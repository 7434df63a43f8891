//! What the commands about cleaning up find: images, a git repository, a cluster, policies.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{blocks, shell};
use crate::support::kubernetes::{Cluster, State, kube_config, object};
use crate::support::repository::Repository;

/// The tags that the policy keeps, beside that of the commit of a branch that lives: a release, an
/// open change request, and what the cluster runs.
const KEPT: [&str; 3] = ["v1.0.0", "pr-12-1f2e3d4c", "pr-97-0a1b2c3d"];

/// Those that it does not keep: closed change requests, and a branch that is gone.
const GONE: [&str; 3] = ["pr-98-0a1b2c3d", "pr-99-0a1b2c3d", "old-idea-0a1b2c3d"];

/// All of that, in a directory where the commands are run.
pub struct Scene<'a> {
    home: &'a Path,
    host: &'a str,
    _cluster: Cluster,
}

impl<'a> Scene<'a> {
    pub fn set(home: &'a Path, host: &'a str) -> Self {
        let image = format!("{host}/app:pr-97-0a1b2c3d");
        let cluster = Cluster::start(State::of([object("Pod", "web", "front", &[&image])]));
        let contexts = [("prod", json!({"server": cluster.url()}), json!({}))];
        kube_config(home, &contexts);
        let scene = Self {
            home,
            host,
            _cluster: cluster,
        };
        scene.git();
        scene
    }

    /// Writes the policies, cases and lists that the commands name.
    pub fn policies(&self) {
        let yaml = blocks("yaml");
        for (name, what) in [("dockside.yaml", "keep:\n"), ("cases.yaml", "cases:\n")] {
            let is_it = |block: &&String| block.starts_with("version: 1\n") && block.contains(what);
            let found: Vec<&String> = yaml.iter().filter(is_it).collect();
            assert_eq!(found.len(), 1, "{name}");
            fs::write(self.home.join(name), found[0]).unwrap();
        }
        let nightly = "version: 1\nkeep:\n- tags: '*'\n";
        fs::write(self.home.join("nightly.yaml"), nightly).unwrap();
        fs::write(self.home.join("all.txt"), format!("{}/app\n", self.host)).unwrap();
    }

    /// A clone with one commit, whose origin has the branch `main`.
    fn git(&self) {
        let script = "git init -q --bare --initial-branch=main origin.git
            git init -q --initial-branch=main .
            git -c user.name=A -c user.email=a@example.com commit -q --allow-empty -m A
            git remote add origin origin.git
            git push -q origin main
            git fetch -q origin";
        let mut command: Command = shell(&["sh", "-e"], script, self.home);
        assert!(command.status().unwrap().success());
    }

    /// Puts the images there, in repositories that hold nothing else.
    pub fn images(&self) {
        let app = Repository {
            host: self.host,
            name: "app",
        };
        let mut all = self.kept();
        all.extend(GONE.map(str::to_owned));
        for tag in &all {
            app.image(Some(tag), tag);
        }
        let old = Repository {
            host: self.host,
            name: "old",
        };
        old.image(Some("v1"), "old");
    }

    /// What the policy keeps, sorted.
    fn kept(&self) -> Vec<String> {
        let script = "git rev-parse --short=8 HEAD";
        let output = shell(&["sh"], script, self.home).output().unwrap();
        let commit = String::from_utf8(output.stdout).unwrap();
        let mut kept = vec![format!("main-{}", commit.trim())];
        kept.extend(KEPT.map(str::to_owned));
        kept.sort();
        kept
    }

    /// The tags that are there, sorted.
    pub fn tags(&self, name: &str) -> Vec<String> {
        let script = format!("dockside tags {}/{name}", self.host);
        let output = shell(&["sh", "-e"], &script, self.home).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut tags: Vec<String> = text.lines().map(str::to_owned).collect();
        tags.sort();
        tags
    }

    /// Fails unless exactly that is there which the policy keeps.
    pub fn assert_clean(&self) {
        assert_eq!(self.tags("app"), self.kept());
    }
}
