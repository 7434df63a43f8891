//! The real docker CLI, skopeo and buildah with this program as their credential helper.

use std::fs;
use std::process::{Command, Output, Stdio};

use dockside::auth::Keychain;
use serde_json::{Value, json};

use super::{ask, machine};
use crate::docker_config::machine::Machine;
use crate::docker_config::registry::{IMAGE, PASSWORD, Registry, USER};
use crate::support::installed;

fn all_installed() -> bool {
    let all = ["docker", "skopeo", "buildah", "docker-registry", "htpasswd"];
    all.iter().all(|program| installed(program))
}

fn run(machine: &Machine, program: &str, arguments: &[&str]) -> Output {
    let config = machine.at("home/.docker/config.json");
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(machine.variables())
        .env("DOCKER_HOST", "unix:///nonexistent.sock")
        .env("REGISTRY_AUTH_FILE", config)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Which programs see the registry's image.
fn who_gets_in(machine: &Machine, host: &str) -> Vec<&'static str> {
    let image = format!("{host}/{IMAGE}");
    let remote = format!("docker://{image}");
    let tries: [(&str, &[&str]); 3] = [
        ("docker", &["manifest", "inspect", "--insecure", &image]),
        (
            "skopeo",
            &["inspect", "--raw", "--tls-verify=false", &remote],
        ),
        ("buildah", &["login", "--tls-verify=false", host]),
    ];
    let tries = tries.into_iter();
    let let_in = tries.filter(|(program, arguments)| {
        let output = run(machine, program, arguments);
        eprintln!("{program}: {output:?}");
        output.status.success()
    });
    let_in.map(|(program, _)| program).collect()
}

fn file(machine: &Machine, name: &str) -> Value {
    let text = fs::read(machine.at("home/.docker").join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Logs in with docker where the config says so, and sees who gets in before and after.
fn log_in_and_out(config: impl Fn(&str) -> Value, expected: &[&str]) {
    if !all_installed() {
        return;
    }
    let registry = Registry::start();
    let host = registry.host.as_str();
    let machine = machine();
    machine.write("home/.docker/config.json", &config(host).to_string());
    let login = ["login", "--username", USER, "--password", PASSWORD, host];
    let output = run(&machine, "docker", &login);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(who_gets_in(&machine, host), expected);

    // The secret is where it should be, and nowhere else.
    let mut left = config(host);
    left["auths"] = json!({ host: {} });
    assert_eq!(file(&machine, "config.json"), left);
    assert_eq!(
        file(&machine, "dockside-credentials.json"),
        json!({"auths": {host: {"username": USER, "password": PASSWORD}}})
    );
    // Helpers have the environment of this process, but are to keep to this machine's home.
    fs::create_dir(machine.at("wrapped")).unwrap();
    machine.program(
        "wrapped/docker-credential-dockside",
        &format!(
            "HOME='{}' exec '{}' credential \"$@\"",
            machine.at("home").display(),
            env!("CARGO_BIN_EXE_dockside")
        ),
    );
    let path = machine.at("wrapped");
    let env = machine.env(&[("PATH", path.to_str().unwrap())]);
    let keychain = Keychain::new(None, &env);
    let found = keychain.find(host, "team/image").unwrap();
    assert_eq!(found.credential.unwrap().secret.expose(), PASSWORD);
    assert!(found.origin.starts_with("credential helper dockside (cred"));

    let output = run(&machine, "docker", &["logout", host]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(who_gets_in(&machine, host), [""; 0]);
    assert_eq!(ask(&machine, &[], &["list"], b"").0, "{}\n");
}

#[test]
fn docker_keeps_all_logins_with_it() {
    // containers/image knows no `credsStore`; helpers it knows by registry alone.
    log_in_and_out(|_| json!({"credsStore": "dockside"}), &["docker"]);
}

#[test]
fn docker_keeps_one_registrys_login_with_it() {
    log_in_and_out(
        |host| json!({"credHelpers": {host: "dockside"}}),
        &["docker", "skopeo", "buildah"],
    );
}

#[test]
fn skopeo_logs_in_with_it() {
    if !all_installed() {
        return;
    }
    let registry = Registry::start();
    let host = registry.host.as_str();
    let machine = machine();
    let config = json!({"credHelpers": {host: "dockside"}});
    machine.write("home/.docker/config.json", &config.to_string());
    let login = [
        "login",
        "--tls-verify=false",
        "--username",
        USER,
        "--password",
        PASSWORD,
        host,
    ];
    let output = run(&machine, "skopeo", &login);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(who_gets_in(&machine, host), ["docker", "skopeo", "buildah"]);
    let output = run(&machine, "buildah", &["logout", host]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(who_gets_in(&machine, host), [""; 0]);
}
