//! What is said where nothing is wrong, word for word.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::office::{HUB, OPEN, Office, key};
use super::{Machine, assert_diagnoses};
use crate::support::answer::Answer;
use crate::support::brands::jwt;
use crate::support::vendor::Network;

/// All that is said of the user of an office.
fn all(network: &Network, machine: Machine, words: &[&str]) -> String {
    let environment = network.environment();
    let proxy = environment[0].1.clone();
    let machine = machine.naming(&proxy, "{proxy}").also(environment);
    let directory = machine.path(".docker");
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
    let (code, said, _) = machine.run(words);
    format!("{}exit {code}\n", machine.named(said))
}

/// How long a token lasts differs from run to run.
fn timeless(said: &str) -> String {
    let (before, rest) = said.split_once("good for ").unwrap();
    let (minutes, after) = rest.split_once(" min more").unwrap();
    assert!((1..=600).contains(&minutes.parse::<u32>().unwrap()));
    format!("{before}good for {{minutes}} min more{after}")
}

#[test]
fn facts() {
    assert_diagnoses(
        "facts",
        &[
            ("a job of GitLab, with a token that ends", || {
                let host = "registry.example.com";
                let token: &'static str = jwt::token(json!({}), 36_000).leak();
                let office = Office {
                    user: ("user", token),
                    ..OPEN
                };
                let machine = Machine::new()
                    .login(host, "user", token)
                    .with(&[("GITLAB_CI", "true")]);
                let words = ["registry.example.com/acme/app:v1", "--for", "push"];
                timeless(&all(&office.open(host), machine, &words))
            }),
            ("Docker Hub", || {
                let machine = Machine::new().login(key(HUB), "user", "secret");
                all(&OPEN.open(HUB), machine, &["acme/app"])
            }),
            ("Docker Hub, with the login under docker.io", || {
                let machine = Machine::new().login("docker.io", "user", "secret");
                all(&OPEN.open(HUB), machine, &["acme/app"])
            }),
            ("a registry that says its version", || {
                let host = "registry.example.com";
                let network = Network::start();
                network.answer(host, |_| {
                    Answer::new(401)
                        .header("WWW-Authenticate", "Basic realm=\"x\"")
                        .header("Server", "Nexus/3.82.0-08 (PRO)")
                });
                let machine = Machine::new().file(".docker/config.json", "{}");
                all(&network, machine, &[host])
            }),
        ],
    );
}
