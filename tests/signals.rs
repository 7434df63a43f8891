//! A signal that ends `ci-env` stops the evaluating script too.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::http::Step;
use crate::support::isolate;
use crate::support::job::text;
use crate::support::scripted::Scripted;

#[test]
fn a_signal_while_a_registry_is_asked() {
    let home = tempfile::tempdir().unwrap();
    let server = Scripted::start();
    server.script([Step::Stall]);
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let binary = env!("CARGO_BIN_EXE_dockside");
        let script = format!(
            "eval \"$(timeout --foreground -s {signal} 1 {binary} ci-env gitlab)\"; echo went on"
        );
        let mut command = Command::new("sh");
        isolate(&mut command, home.path());
        let output = command
            .args(["-c", &script])
            .env("CI_JOB_TOKEN", "glcbt-secret")
            .env("CI_REGISTRY", server.server.host())
            .env("CI_REGISTRY_IMAGE", format!("{}/x", server.server.host()))
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), "");
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_signal_while_a_credential_helper_runs() {
    let home = tempfile::tempdir().unwrap();
    let helper = home.path().join("docker-credential-slow");
    fs::write(&helper, "#!/bin/sh\nexec sleep 30\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&helper, mode).unwrap();
    fs::create_dir(home.path().join(".docker")).unwrap();
    let config = json!({"credsStore": "slow"}).to_string();
    fs::write(home.path().join(".docker/config.json"), config).unwrap();
    for (signal, status) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let binary = env!("CARGO_BIN_EXE_dockside");
        let script =
            format!("eval \"$(timeout --foreground -s {signal} 1 {binary} ci-env)\"; echo went on");
        let mut command = Command::new("sh");
        isolate(&mut command, home.path());
        let path = format!(
            "{}:{}",
            home.path().display(),
            std::env::var("PATH").unwrap()
        );
        let output = command
            .args(["-c", &script])
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), "");
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            text(&output.stderr)
        );
    }
}
