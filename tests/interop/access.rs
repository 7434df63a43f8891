//! Who is let in: nobody without a login, a job with the one it was given, and no login goes to
//! another host.

use super::{config, done, run};
use crate::support::dockside;
use crate::support::installed;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::{Options, PROGRAM};
use crate::support::script::install;
use crate::support::scripted_registry::{Auth, Behaviour, Kind, ScriptedRegistry};
use crate::support::token_server::TokenServer;

#[test]
fn a_push_without_a_login() {
    if !installed(PROGRAM) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let service = TokenServer::start("robot", "secret");
    let registry = Options::default().token(&service).start();
    let (host, place) = (registry.host(), home.path().display());
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[b"one"]);
    let (source, target) = (layout.image_argument("v1"), format!("{host}/app:v1"));
    let output = run(home.path(), &["push", "--quiet", &source, &target]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(text(&output.stdout), "");
    let expected = format!(
        "dockside: error: cannot move {source} to {target}: not logged in to {host}: nothing in \
         {place}/.docker/config.json\ndockside: hint: log in with `dockside login {host}`, or in \
         a job with `dockside ci-env`\n"
    );
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(service.server.requests().len(), 0);
}

#[test]
fn the_login_of_a_job() {
    if !installed(PROGRAM) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let service = TokenServer::start("robot", "secret");
    let registry = Options::default().token(&service).start();
    let host = registry.host();
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.image("v1", &[b"one"]);
    let target = format!("{host}/group/project:v1");
    let script = format!(
        "eval $(dockside ci-env gitlab) && dockside push --quiet --log-verbose {} {target} && \
         dockside copy --quiet {target} {host}/group/project/copy:v1 && \
         dockside pull --quiet {target} oci:{}:v1 && dockside logout --job >&2",
        layout.image_argument("v1"),
        home.path().join("pulled").display(),
    );
    let mut job = crate::support::job::shell(&["sh"], &["-e"], &script, home.path());
    let output = job
        .envs(crate::support::job::GITLAB)
        .env("CI_REGISTRY", host)
        .env("CI_REGISTRY_IMAGE", format!("{host}/group/project"))
        .env("CI_REGISTRY_USER", "robot")
        .env("CI_REGISTRY_PASSWORD", "secret")
        .output()
        .unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let expected = format!(
        "{target} {digest} written\n{host}/group/project/copy:v1 {digest} written\n\
         oci:{}:v1 {digest} written\n",
        home.path().join("pulled").display()
    );
    assert_eq!(text(&output.stdout), expected);
    assert!(
        told.contains(&format!("credential for {host}: auths of ")),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_helper_that_fails() {
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Bearer {
            username: "robot",
            password: "secret",
            lives: None,
            grants: &["pull", "push"],
            anonymous: true,
        },
        ..Behaviour::default()
    });
    let host = registry.host();
    let docker = config(home.path(), &host);
    let helper = home.path().join("docker-credential-broken");
    install(&helper, "echo the vault is sealed >&2\nexit 1");
    let content = serde_json::json!({"credHelpers": {&host: "broken"}}).to_string();
    std::fs::write(home.path().join("docker/config.json"), content).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = dockside(home.path())
        .args(["tags", &format!("{host}/app"), "--docker-config", &docker])
        .env("PATH", format!("{}:{path}", home.path().display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let told = text(&output.stderr);
    let expected = "docker-credential-broken get failed (exit status: 1): the vault is sealed";
    assert!(told.contains(expected), "{told}");
    assert_eq!(registry.count(Kind::Token), 0);
}

/// The storage of the scripted registry refuses what has `Authorization`.
#[test]
fn redirects_carry_no_login() {
    let home = tempfile::tempdir().unwrap();
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Bearer {
            username: "robot",
            password: "secret",
            lives: None,
            grants: &["pull", "push"],
            anonymous: false,
        },
        redirects: true,
        ..Behaviour::default()
    });
    let host = registry.host();
    let docker = config(home.path(), &host);
    let mut layout = Layout::create(home.path().join("layout"));
    let digest = layout.image("v1", &[b"one", b"two"]);
    let (source, target) = (layout.image_argument("v1"), format!("{host}/app:v1"));
    let options = ["--docker-config", docker.as_str()];
    done(
        home.path(),
        &[&["push", &source, &target][..], &options].concat(),
    );
    let pulled = format!("oci:{}:v1", home.path().join("pulled").display());
    let told = done(
        home.path(),
        &[&["pull", &target, &pulled][..], &options].concat(),
    );
    assert_eq!(told, format!("{pulled} {digest} written\n"));
    let requests = registry.requests();
    let stored: Vec<_> = requests
        .iter()
        .filter(|seen| seen.kind == Kind::Storage)
        .collect();
    assert_eq!(stored.len(), 3);
    assert!(
        stored
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
}
