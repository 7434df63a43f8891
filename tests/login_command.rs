//! `login` and `logout`, in the docker config in force.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::http::Reply;
use crate::support::job::{auths, text};
use crate::support::registry::{Options, PROGRAM};
use crate::support::scripted::Scripted;
use crate::support::{dockside, installed};

#[test]
fn login_and_logout_work_as_dockers_do() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let registry = Options::default().htpasswd("me", "mine").start();
    let home = tempfile::tempdir().unwrap();
    let login = |password: &str, arguments: &[&str]| {
        let mut command = dockside(home.path());
        command.arg("login").args(arguments).arg(registry.host());
        feed(command, password)
    };
    let output = login("mine\n", &["-u", "me", "--password-stdin"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), "Login Succeeded\n");
    let directory = home.path().join(".docker");
    assert_eq!(
        auths(&directory),
        json!({registry.host(): {"auth": "bWU6bWluZQ=="}})
    );

    let output = login("wrong", &["-u", "me", "--password-stdin"]);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(4), String::new())
    );
    for (password, arguments) in [
        ("", ["-u", "me", "--password-stdin"].as_slice()),
        ("", &["-u", "me", "--password", "mine"]),
        ("", &["-u", "me", "-p", "mine"]),
        ("", &["-u", "me"]),
        ("", &[]),
        ("mine", &["--password-stdin"]),
    ] {
        let output = login(password, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(
        auths(&directory),
        json!({registry.host(): {"auth": "bWU6bWluZQ=="}})
    );

    for expected in ["Removing login credentials for", "Not logged in to"] {
        let output = dockside(home.path())
            .args(["logout", registry.host()])
            .output()
            .unwrap();
        assert_eq!(
            text(&output.stdout),
            format!("{expected} {}\n", registry.host())
        );
        assert!(output.status.success());
    }
    assert_eq!(auths(&directory), Value::Null);
}

fn feed(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn thirty_two_logins_at_once_are_all_kept() {
    let home = tempfile::tempdir().unwrap();
    let registries: Vec<_> = (0..32)
        .map(|_| {
            let server = Scripted::start();
            server.script([
                Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\""),
                Reply::new(200),
            ]);
            server
        })
        .collect();
    let children: Vec<_> = registries
        .iter()
        .map(|registry| {
            let mut command = dockside(home.path());
            command
                .args(["login", "-u", "me", "--password-stdin"])
                .arg(registry.server.host())
                .stdin(Stdio::piped())
                .stdout(Stdio::null());
            let mut child = command.spawn().unwrap();
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"mine").unwrap();
            child
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let kept = auths(&home.path().join(".docker"));
    assert_eq!(kept.as_object().unwrap().len(), 32);
}
