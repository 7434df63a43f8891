//! A signal that ends `ci-env` stops the evaluating script too.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::http::Step;
use crate::support::job::text;
use crate::support::script::install;
use crate::support::scripted::Scripted;
use crate::support::{isolate, signal};

/// A shell evaluates the output of `ci-env` with these arguments, which is sent a signal as soon
/// as `ready`. The script must end with that status, and without another word.
fn stops(
    home: &Path,
    arguments: &str,
    environment: &[(&str, String)],
    (signal, status): (&str, i32),
    ready: impl Fn() -> bool,
) {
    let pid = home.join("pid");
    let binary = env!("CARGO_BIN_EXE_dockside");
    let script = format!(
        "eval \"$(sh -c 'echo $$ >{}; exec {binary} ci-env {arguments}')\"; echo went on",
        pid.display()
    );
    let mut command = Command::new("sh");
    isolate(&mut command, home);
    command.args(["-c", &script]);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = signal::run(command, ready, |_| {
        let pid = fs::read_to_string(&pid).unwrap();
        signal::send(signal, pid.trim().parse().unwrap());
    });
    assert_eq!(text(&output.stdout), "");
    let code = output.status.code();
    assert_eq!(code, Some(status), "{}", text(&output.stderr));
}

#[test]
fn a_signal_while_a_registry_is_asked() {
    let home = tempfile::tempdir().unwrap();
    let server = Scripted::start();
    server.script([Step::Stall]);
    let host = server.server.host();
    let environment = [
        ("CI_JOB_TOKEN", "glcbt-secret".to_owned()),
        ("CI_REGISTRY", host.clone()),
        ("CI_REGISTRY_IMAGE", format!("{host}/x")),
    ];
    for ending in [("INT", 130), ("TERM", 143)] {
        let before = server.server.seen().len();
        let asked = || server.server.seen().len() > before;
        stops(home.path(), "gitlab", &environment, ending, asked);
    }
}

#[test]
fn a_signal_while_a_credential_helper_runs() {
    let home = tempfile::tempdir().unwrap();
    let started = home.path().join("started");
    let script = format!("echo $$ >{}\nexec sleep 60", started.display());
    install(&home.path().join("docker-credential-slow"), &script);
    fs::create_dir(home.path().join(".docker")).unwrap();
    let config = json!({"credsStore": "slow"}).to_string();
    fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let path = std::env::var("PATH").unwrap();
    let environment = [("PATH", format!("{}:{path}", home.path().display()))];
    for ending in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        fs::write(&started, "").unwrap();
        let helper = || fs::read_to_string(&started).unwrap().trim().parse().ok();
        stops(home.path(), "", &environment, ending, || helper().is_some());
        signal::send("KILL", helper().unwrap());
    }
}
