//! What registries do after all, or do not say; and where that is told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{Stand, ended};
use crate::brands::library::log_in;
use crate::support::brands::github::{self, Github};
use crate::support::brands::harbor::{ADMIN, Harbor, ROBOT};
use crate::support::brands::quay::{OAUTH, Quay};
use crate::support::dockside;
use crate::support::vendor::{Local, Network, shared};

/// A command with the docker config of a home.
fn command(home: &TempDir, words: &[&str]) -> Command {
    let mut command = dockside(home.path());
    command.args(words).current_dir(home.path());
    command
}

#[test]
fn a_collection_that_cannot_be_started_is_not_all_that_was_asked_for() {
    let quiet = ["--keep-tag", "v*", "--progress", "none", "--gc"];
    for (user, code) in [(ROBOT, 5), (ADMIN, 0)] {
        let harbor = shared(Harbor::new());
        let local = Local::start(&harbor);
        for tag in ["a", "v1", "v2"] {
            let mut harbor = harbor.lock().unwrap();
            harbor.store.push_image("team/app", Some(tag), tag);
        }
        let home = tempfile::tempdir().unwrap();
        log_in(home.path(), &local.host(), user);
        let name = format!("{}/team/app", local.host());
        let words = [&["cleanup", &name][..], &quiet].concat();
        let (ended, output, said) = ended(&mut command(&home, &words));
        assert_eq!(ended, code, "{output}{said}");
        assert_eq!(harbor.lock().unwrap().store.tags("team/app"), ["v1", "v2"]);
        let collections = harbor.lock().unwrap().collections.len();
        let expected =
            format!("error: {name} was cleaned, but what frees the space could not be started: ");
        match code {
            0 => assert_eq!((collections, said.as_str()), (1, "")),
            _ => assert!(collections == 0 && said.contains(&expected), "{said}"),
        }
    }
}

#[test]
fn what_is_protected_is_not_said_to_be_in_use() {
    let harbor = shared(Harbor::new());
    let local = Local::start(&harbor);
    for tag in ["a", "release-1"] {
        let mut harbor = harbor.lock().unwrap();
        harbor.store.push_image("team/app", Some(tag), tag);
    }
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), &local.host(), ROBOT);
    let name = format!("{}/team/app", local.host());
    for more in [&[][..], &["--force-in-use"]] {
        let words = ["purge", &name, "--yes", "--progress", "none"];
        let (code, _, said) = ended(&mut command(&home, &[&words[..], more].concat()));
        let expected = format!(
            "dockside: error: {name}:release-1 is protected: {name} cannot be purged\n\
             dockside: hint: take the protection off in the registry, or use `dockside cleanup`\n"
        );
        assert_eq!((code, said), (3, expected));
    }
    let tags = harbor.lock().unwrap().store.tags("team/app");
    assert_eq!(tags, ["a", "release-1"]);
}

/// GitHub, with a home of its own.
fn octocat() -> (std::sync::Arc<std::sync::Mutex<Github>>, Network, TempDir) {
    let mut github = Github::new();
    github.user_has(github::CLASSIC);
    let github = shared(github);
    let network = Network::start();
    network.host("ghcr.io", &github);
    network.host("api.github.com", &github);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "ghcr.io", (github::USER, github::CLASSIC));
    (github, network, home)
}

#[test]
fn a_repository_that_is_not_shown_is_not_taken_for_none() {
    let (_github, network, home) = octocat();
    let name = "ghcr.io/octo/none";
    let words = ["cleanup", name, "--keep-tag", "v*", "--progress", "none"];
    let (code, _, said) = ended(command(&home, &words).envs(network.environment()));
    let expected = format!(
        "dockside: error: {name} is not there, or not shown to who asks: the registry does not \
         tell which\n\
         dockside: hint: look at its name, and at the rights of the login\n"
    );
    assert_eq!((code, said), (1, expected));
}

#[test]
fn a_registry_that_hides_nothing_says_what_is_not_there() {
    let stand = Stand::new();
    let name = stand.name("none");
    let (code, output, said) = stand.run(&["cleanup", &name, "--keep-tag", "v*"]);
    let expected = format!("dockside: note: there is no repository {name}\n");
    assert_eq!((code, said), (0, expected), "{output}");
}

/// Cleans a repository of `a`, `v1` and `v2`, and undoes that.
fn undone(home: &TempDir, network: &Network, name: &str) {
    let words = ["cleanup", name, "--keep-tag", "v*", "--progress", "none"];
    let words = [&words[..], &["--backup", "saved"]].concat();
    let (code, output, said) = ended(command(home, &words).envs(network.environment()));
    assert_eq!(code, 0, "{output}{said}");
    network.forget();
    let words = ["cleanup", "undo", "saved"];
    let (code, output, said) = ended(command(home, &words).envs(network.environment()));
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert!(
        output.ends_with(&format!("restored {name}:a\n")),
        "{output}"
    );
}

/// Whether a manifest came back by the registry's own API: nothing was pushed.
fn is_native(network: &Network) {
    let seen = network.seen();
    let asked = |part: &str| seen.iter().any(|line| line.contains(part));
    assert!(asked("/restore") && !asked("PUT /v2/"), "{seen:#?}");
}

#[test]
fn github_restores_by_itself() {
    let (github, network, home) = octocat();
    for tag in ["a", "v1", "v2"] {
        let mut github = github.lock().unwrap();
        github.store.push_image("octo/app", Some(tag), tag);
    }
    undone(&home, &network, "ghcr.io/octo/app");
    is_native(&network);
    let tags = github.lock().unwrap().store.tags("octo/app");
    assert_eq!(tags, ["a", "v1", "v2"]);
}

#[test]
fn quay_restores_by_itself() {
    let quay = shared(Quay::new("quay.io"));
    let network = Network::start();
    network.host("quay.io", &quay);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "quay.io", ("$oauthtoken", OAUTH));
    for tag in ["a", "v1", "v2"] {
        let mut quay = quay.lock().unwrap();
        quay.store.push_image("acme/app", Some(tag), tag);
    }
    undone(&home, &network, "quay.io/acme/app");
    is_native(&network);
    let tags = quay.lock().unwrap().store.tags("acme/app");
    assert_eq!(tags, ["a", "v1", "v2"]);
}

/// A program that writes down how it was called; its directory.
fn agent(home: &Path) -> std::path::PathBuf {
    let programs = home.join("programs");
    fs::create_dir(&programs).unwrap();
    let aside = home.join("aside");
    let record = home.join("record");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > {0}.words\ncat > {0}.input\n",
        record.display()
    );
    fs::write(&aside, script).unwrap();
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
    // A copy by another process: one that is open for writing here cannot be started.
    let mut copy = Command::new("cp");
    copy.arg("-p")
        .args([aside, programs.join("buildkite-agent")]);
    assert!(copy.status().unwrap().success());
    programs
}

#[test]
fn buildkite_gets_an_annotation() {
    let stand = Stand::of(&["a", "v1", "v2"]);
    let name = stand.name("app");
    let programs = agent(stand.home.path());
    let mut command = stand.command(&["cleanup", &name, "--keep-tag", "v*"]);
    command.env("BUILDKITE", "true");
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    let (code, output, said) = ended(&mut command);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    let words = "annotate\n--style\ninfo\n--context\ndockside-cleanup\n";
    assert_eq!(stand.read("record.words"), words);
    // Markdown is escaped.
    let escaped = name.replace('.', "&#46;").replace(':', "&#58;");
    let shown = stand.read("record.input").replace(&escaped, "REPO");
    super::expect("annotation.md", &shown);
}
