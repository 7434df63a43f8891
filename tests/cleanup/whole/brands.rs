//! Brands with lists of their own: whole outputs of a dry run and of a run.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;

use super::{ended, expect, timeless};
use crate::brands::library::log_in;
use crate::cleanup::scene::Scene;
use crate::support::brands::ecr::{Aws, PRIVATE};
use crate::support::brands::github::{self, Github};
use crate::support::dockside;
use crate::support::vendor::{Network, Store, shared};

/// What both have: [`Scene::whole`] is kept but for a tag, an older release goes that shares a
/// platform with it, and so does an image with two tags.
fn scene() -> Scene {
    let mut scene = Scene::whole();
    scene.image("old-arm", &[], &json!({}));
    let on = |name: &str, architecture: &str| {
        let mut child = scene.descriptor(name);
        child["platform"] = json!({"os": "linux", "architecture": architecture});
        child
    };
    let children = [on("amd", "amd64"), on("old-arm", "arm64")];
    scene.index("old", &["old"], &children);
    let old = scene.descriptor("old");
    let signature = old["digest"].as_str().unwrap().replace(':', "-") + ".sig";
    scene.image("old-signature", &[&signature], &json!({}));
    scene.image("old-report", &[], &json!({"subject": old}));
    scene.image("branch", &["branch", "branch-2"], &json!({}));
    scene
}

/// A brand on the network, with somebody who may do everything.
struct World {
    scene: Scene,
    home: TempDir,
    network: Network,
    name: String,
    variables: Vec<(String, String)>,
}

impl World {
    fn new(network: Network, host: &str, path: &str, user: (&str, &str)) -> Self {
        let home = tempfile::tempdir().unwrap();
        log_in(home.path(), host, user);
        Self {
            scene: scene(),
            home,
            variables: network.environment(),
            network,
            name: format!("{host}/{path}"),
        }
    }

    fn cleanup(&self, more: &[&str]) -> String {
        let words = ["cleanup", &self.name, "--keep-tag", "v*", "--keep-tag"];
        let rest = ["main", "--progress", "none", "--max-delete", "67%"];
        let mut command = dockside(self.home.path());
        command.args(words).args(rest).args(more);
        command.current_dir(self.home.path());
        command.envs(self.variables.iter().cloned());
        let (code, output, said) = ended(&mut command);
        assert_eq!((code, said.as_str()), (0, ""), "{output}");
        output
    }

    /// Text with names in place of digests, short ones too.
    fn named(&self, text: &str) -> String {
        let mut text = self.scene.named(text);
        for name in ["index", "old", "plain", "branch", "old-signature"] {
            let digest = self.scene.digest(name).to_string();
            text = text.replace(&digest[..19], &format!("<{name}>"));
        }
        text
    }

    /// A dry run, a run and one more, in text and JSON.
    fn runs(&self, brand: &str, left: impl Fn() -> Vec<String>) {
        let text = self.cleanup(&["--dry-run"]);
        expect(&format!("{brand}-plan.txt"), &self.named(&text));
        let before = left();
        let report = self.cleanup(&["--dry-run", "--output", "json"]);
        let report = self.named(&timeless(&report));
        expect(&format!("{brand}-plan.json"), &report);
        assert_eq!(left(), before);
        self.network.forget();
        let output = self.cleanup(&["--save-cleanup-report", "--cleanup-report-path", "r.json"]);
        expect(&format!("{brand}-done.txt"), &self.named(&output));
        let report = std::fs::read_to_string(self.home.path().join("r.json")).unwrap();
        let report = self.named(&timeless(&report));
        expect(&format!("{brand}-done.json"), &report);
        let left: String = left().into_iter().map(|line| line + "\n").collect();
        expect(&format!("{brand}-left.txt"), &left);
        let again = self.cleanup(&["--dry-run"]);
        expect(&format!("{brand}-again.txt"), &self.named(&again));
    }
}

/// What is in a repository: each manifest with its tags.
fn contents(scene: &Scene, store: &Store, repository: &str) -> Vec<String> {
    let whole = store.repository(repository).unwrap();
    let manifests = store.manifests(repository).into_iter();
    let line = |digest: &str| {
        let tags = whole.tags_of(digest).join(" ");
        scene
            .named(&format!("{digest}: {tags}"))
            .trim_end()
            .to_owned()
    };
    let mut lines: Vec<String> = manifests.map(|one| line(&one.digest)).collect();
    lines.sort();
    lines
}

#[test]
fn github_packages() {
    let mut github = Github::new();
    github.user_has(github::CLASSIC);
    let github: Arc<Mutex<Github>> = shared(github);
    let network = Network::start();
    network.host("ghcr.io", &github);
    network.host("api.github.com", &github);
    let user = (github::USER, github::CLASSIC);
    let world = World::new(network, "ghcr.io", "octo/app", user);
    world
        .scene
        .store(&mut github.lock().unwrap().store, "octo/app");
    world.runs("github", || {
        contents(&world.scene, &github.lock().unwrap().store, "octo/app")
    });
}

#[test]
fn amazon_ecr() {
    let network = Network::start();
    let aws = Aws::new().on(&network);
    let mut world = World::new(network, PRIVATE, "app", ("AWS", "stored"));
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIAJOB"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        world.variables.push((name.to_owned(), value.to_owned()));
    }
    world.scene.store(&mut aws.lock().unwrap().store, "app");
    world.runs("ecr", || {
        contents(&world.scene, &aws.lock().unwrap().store, "app")
    });
}
