//! `login --oidc`.

use std::fs;

use serde_json::{Value, json};

use super::quay::{IMAGE, Quay, ROBOT};
use crate::support::job::text;

#[test]
fn outside_of_a_job_it_is_a_login_with_an_end() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    let output = job.run(&["login", "--oidc", &host]);
    assert_eq!(text(&output.stdout), "Login Succeeded\n");
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with(&format!("dockside: note: the login to {host} ends at 20")),
        "{stderr}"
    );
    let config = fs::read(job.home.path().join(".docker/config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(
        config.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["auths"]
    );
    let image = format!("{host}/{IMAGE}");
    assert_eq!(text(&job.run(&["tags", &image]).stdout), "v1\n");
    assert_eq!(quay.lock().unwrap().made.len(), 1);
}

#[test]
fn in_a_job_it_is_made_anew_when_it_ends() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--oidc=false"]);
    let mut login = job.command(&["login", "--oidc", &host]);
    let output = login
        .env("DOCKER_CONFIG", job.docker_config())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "Login Succeeded\n");
    let bin = job.directory().join("bin");
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: note: put {} first on PATH: there is the helper that gives docker and \
             podman the login\n",
            bin.display()
        )
    );
    assert_eq!(
        job.config(),
        json!({
            "auths": {"dockside.invalid": {}},
            "credHelpers": {host.clone(): "dockside"},
        })
    );
    assert!(bin.join("docker-credential-dockside").is_symlink());
    job.age(&host, -3600, -1);
    let answer: Value = serde_json::from_slice(&job.get(&host).stdout).unwrap();
    let made = quay.lock().unwrap().made.clone();
    assert_eq!(
        answer,
        json!({"ServerURL": host.clone(), "Username": ROBOT, "Secret": made[1]})
    );

    // And it ends with a logout.
    let mut logout = job.command(&["logout", &host]);
    let output = logout
        .env("DOCKER_CONFIG", job.docker_config())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(!job.record(&host).exists());
    assert_eq!(
        text(&job.get(&host).stdout),
        "credentials not found in native keychain\n"
    );
}

#[test]
fn what_takes_no_identity_is_an_error() {
    let (server, _quay, job) = Quay::start();
    let output = job.run(&["login", "--oidc", "registry.example.com"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "dockside: error: logins to registry.example.com are not made from an identity\n\
         dockside: hint: they are for Docker Hub, Amazon ECR, Azure Container Registry, Google, \
         Artifactory (JF_URL) and Quay (DOCKSIDE_QUAY_ROBOT)\n"
    );
    let output = job.run(&["login", "--oidc", "-u", "me", "quay.io"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(server.seen(), [""; 0]);
}
