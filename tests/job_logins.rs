//! The logins of a job, from its variables to what other programs find.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::certificates::Authority;
use crate::support::http::Reply;
use crate::support::job::{auths, text};
use crate::support::registry::{Options, PROGRAM, Registry};
use crate::support::script::install;
use crate::support::scripted::Scripted;
use crate::support::token_server::{IDENTITY_TOKEN, SERVICE, TokenServer};
use crate::support::{dockside, installed};

const USER: &str = "gitlab-ci-token";
const TOKEN: &str = "glcbt-secret";

/// A job of GitLab whose registry this is.
fn gitlab_job(home: &Path, registry: &str) -> Command {
    let mut command = dockside(home);
    command
        .args(["ci-env", "gitlab", "--format", "json"])
        .envs([
            ("GITLAB_CI", "true"),
            ("CI_JOB_ID", "4711"),
            ("CI_JOB_TOKEN", TOKEN),
            ("CI_REGISTRY", registry),
        ])
        .env("CI_REGISTRY_IMAGE", format!("{registry}/group/project"));
    command
}

fn docker_config(output: &Output) -> PathBuf {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["variables"]["DOCKER_CONFIG"].as_str().unwrap().into()
}

#[test]
fn a_gitlab_job_is_logged_in_and_other_programs_find_it() {
    if !installed(PROGRAM) || !installed("htpasswd") || !installed("skopeo") {
        return;
    }
    let registry = Options::default().htpasswd(USER, TOKEN).start();
    let home = tempfile::tempdir().unwrap();
    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    let directory = docker_config(&output);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        auths(&directory),
        json!({registry.host(): {"auth": "Z2l0bGFiLWNpLXRva2VuOmdsY2J0LXNlY3JldA=="}})
    );
    let skopeo = Command::new("skopeo")
        .args(["login", "--get-login", registry.host()])
        .env("REGISTRY_AUTH_FILE", directory.join("config.json"))
        .output()
        .unwrap();
    assert_eq!(
        text(&skopeo.stdout),
        format!("{USER}\n"),
        "{}",
        text(&skopeo.stderr)
    );
    assert_eq!(registry.requests(2), ["GET /v2/ 401", "GET /v2/ 200"]);

    // A later step logs in again; the scheme is known by then.
    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    assert_eq!(docker_config(&output), directory);
    assert_eq!(registry.requests(3)[2..], ["GET /v2/ 200"]);
}

#[test]
fn a_refused_login_says_who_was_refused_where_and_stores_nothing() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let registry = Options::default().htpasswd(USER, "another").start();
    let home = tempfile::tempdir().unwrap();
    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: error: {} refused the job token of user \"gitlab-ci-token\" (status 401): \
             authentication required\n\
             dockside: hint: check the user name and the secret, that it has not expired, and \
             that it is meant for this registry; a job's own token ends with the job\n",
            registry.host()
        )
    );
    let written = walk(home.path())
        .iter()
        .any(|path| path.ends_with("docker/config.json"));
    assert!(!written);
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn an_identity_token_takes_the_passwords_place() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start(USER, TOKEN);
    service.give_identity_tokens();
    let registry = Options::default().token(&service).start();
    let home = tempfile::tempdir().unwrap();
    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    let directory = docker_config(&output);
    assert_eq!(
        auths(&directory),
        json!({registry.host(): {
            "auth": "Z2l0bGFiLWNpLXRva2VuOg==",
            "identitytoken": IDENTITY_TOKEN,
        }})
    );
    // Two requests in all: the challenge, and the token.
    assert_eq!(registry.requests(1), ["GET /v2/ 401"]);
    let asked = service.server.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].parameter("service").as_deref(), Some(SERVICE));
    assert_eq!(asked[0].parameter("account").as_deref(), Some(USER));
}

#[test]
fn a_private_authority_is_trusted_through_ssl_cert_file() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let authority = Authority::new();
    let identity = authority.issue(&["localhost", "127.0.0.1"]);
    let registry = Options::default()
        .htpasswd(USER, TOKEN)
        .tls(&identity)
        .start();
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("ca.pem");
    fs::write(&bundle, authority.pem()).unwrap();

    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("certs.d"),
        "{}",
        text(&output.stderr)
    );

    let output = gitlab_job(home.path(), registry.host())
        .env("SSL_CERT_FILE", &bundle)
        .output()
        .unwrap();
    docker_config(&output);
}

#[test]
fn registries_that_the_user_names_log_in_in_every_system() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let first = Options::default().htpasswd("robot$ci", "one").start();
    let second = Options::default().htpasswd("other", "two").start();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("password"), "two\n").unwrap();
    for (system, marker) in [
        ("jenkins", ("BUILD_TAG", "jenkins-x-1")),
        ("azure", ("TF_BUILD", "True")),
        ("tekton", ("X", "")),
    ] {
        let output = dockside(home.path())
            .args(["ci-env", system, "--format", "json"])
            .envs([marker])
            .env("DOCKSIDE_REGISTRY_MAIN", first.host())
            .env("DOCKSIDE_REGISTRY_MAIN_USERNAME", "robot$ci")
            .env("DOCKSIDE_REGISTRY_MAIN_PASSWORD", "one")
            .env(
                "DOCKSIDE_REGISTRY_SECOND",
                format!("http://{}/path", second.host()),
            )
            .env("DOCKSIDE_REGISTRY_SECOND_USERNAME", "other")
            .env(
                "DOCKSIDE_REGISTRY_SECOND_PASSWORD_FILE",
                home.path().join("password"),
            )
            .output()
            .unwrap();
        let auths = auths(&docker_config(&output));
        assert_eq!(
            auths,
            json!({
                first.host(): {"auth": "cm9ib3QkY2k6b25l"},
                second.host(): {"auth": "b3RoZXI6dHdv"},
            }),
            "{system}"
        );
    }
}

#[test]
fn all_refused_logins_are_reported() {
    let home = tempfile::tempdir().unwrap();
    let servers = [Scripted::start(), Scripted::start()];
    let mut command = dockside(home.path());
    command.args(["ci-env", "jenkins", "--format", "json"]);
    command.env("BUILD_TAG", "jenkins-x-1");
    for (server, name) in servers.iter().zip(["A", "B"]) {
        server.script([Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")]);
        command
            .env(format!("DOCKSIDE_REGISTRY_{name}"), server.server.host())
            .env(format!("DOCKSIDE_REGISTRY_{name}_USERNAME"), "me")
            .env(format!("DOCKSIDE_REGISTRY_{name}_PASSWORD"), "mine");
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let stderr = text(&output.stderr);
    for server in &servers {
        let refused = format!(
            "dockside: error: {} refused the password of user \"me\" (status 401)\n",
            server.server.host()
        );
        assert!(stderr.contains(&refused), "{stderr}");
    }
    assert_eq!(stderr.matches("dockside: hint: ").count(), 2, "{stderr}");
}

#[test]
fn a_later_step_without_the_credentials_keeps_the_login() {
    let home = tempfile::tempdir().unwrap();
    let step = |with_credentials: bool| {
        let mut command = dockside(home.path());
        command
            .args(["ci-env", "jenkins", "--no-verify", "--format", "json"])
            .env("BUILD_TAG", "jenkins-x-1")
            .env("DOCKSIDE_REGISTRY_A", "registry.example.com");
        if with_credentials {
            command
                .env("DOCKSIDE_REGISTRY_A_USERNAME", "me")
                .env("DOCKSIDE_REGISTRY_A_PASSWORD", "mine");
        }
        command.output().unwrap()
    };
    assert_eq!(step(false).status.code(), Some(2));
    docker_config(&step(true));
    let directory = docker_config(&step(false));
    assert_eq!(
        auths(&directory),
        json!({"registry.example.com": {"auth": "bWU6bWluZQ=="}})
    );
}

#[test]
fn a_login_named_by_host_uses_what_is_stored() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let registry = Options::default().htpasswd("me", "mine").start();
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".docker")).unwrap();
    let helper = home.path().join("docker-credential-kept");
    install(
        &helper,
        "printf '{\"ServerURL\":\"x\",\"Username\":\"me\",\"Secret\":\"mine\"}'",
    );
    let config = json!({"credHelpers": {registry.host(): "kept", "other.example.com": "kept"}});
    fs::write(home.path().join(".docker/config.json"), config.to_string()).unwrap();
    let path = format!(
        "{}:{}",
        home.path().display(),
        std::env::var("PATH").unwrap()
    );
    let output = dockside(home.path())
        .args(["ci-env", "--format", "json", "--login", registry.host()])
        .env("PATH", path)
        .output()
        .unwrap();
    let directory = docker_config(&output);
    let written: Value =
        serde_json::from_slice(&fs::read(directory.join("config.json")).unwrap()).unwrap();
    // The helper stays for the other host, and cannot shadow the login for this one.
    assert_eq!(
        written,
        json!({
            "auths": {registry.host(): {"auth": "bWU6bWluZQ=="}},
            "credHelpers": {"other.example.com": "kept"},
        })
    );
}

#[test]
fn an_optional_login_that_fails_is_a_note() {
    let home = tempfile::tempdir().unwrap();
    let refusing = Scripted::start();
    refusing.script([Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")]);
    // gitlab-ci-local denies being GitLab, and makes up a registry and its credentials.
    let output = gitlab_job(home.path(), &refusing.server.host())
        .env("GITLAB_CI", "false")
        .output()
        .unwrap();
    let directory = docker_config(&output);
    assert_eq!(auths(&directory), json!({}));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("dockside: note: nothing in the environment shows a job of GitLab CI"));
    assert!(
        stderr.contains("dockside: note: going on without an optional login: "),
        "{stderr}"
    );
    assert!(!stderr.contains(TOKEN));
}

#[test]
fn no_login_means_no_request() {
    let home = tempfile::tempdir().unwrap();
    let server = Scripted::start();
    server.script([Reply::new(500)]);
    for arguments in [["--login-to-registry=false"], ["--no-verify"]] {
        let output = gitlab_job(home.path(), &server.server.host())
            .args(arguments)
            .output()
            .unwrap();
        docker_config(&output);
    }
    let output = gitlab_job(home.path(), &server.server.host())
        .env("WERF_LOGIN_TO_REGISTRY", "0")
        .output()
        .unwrap();
    docker_config(&output);
    assert_eq!(server.server.seen(), Vec::<String>::new());
}

#[test]
fn a_registry_that_is_down_is_waited_for_within_the_budget() {
    let home = tempfile::tempdir().unwrap();
    let server = Scripted::start();
    server.script([
        Reply::new(503),
        Reply::new(429).header("Retry-After", "0"),
        Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\""),
        Reply::new(200).header("Docker-Distribution-Api-Version", "registry/2.0"),
    ]);
    let output = gitlab_job(home.path(), &server.server.host())
        .output()
        .unwrap();
    docker_config(&output);
    assert_eq!(server.server.seen().len(), 4);

    let busy = Scripted::start();
    busy.script([Reply::new(429).header("Retry-After", "3600")]);
    let output = gitlab_job(home.path(), &busy.server.host())
        .args(["--retry-timeout", "30s"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("3600"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(busy.server.seen().len(), 1);
}

#[test]
fn an_enterprise_servers_registry_may_be_absent_but_not_refuse() {
    let home = tempfile::tempdir().unwrap();
    let run = |proxy: &str, retry_timeout: &str| {
        dockside(home.path())
            .args(["ci-env", "github", "--format", "json"])
            .args(["--retry-timeout", retry_timeout])
            .args(["--insecure-registry", "containers.ghes.test"])
            .envs([
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_RUN_ID", "1"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_ACTOR", "me"),
                ("GITHUB_TOKEN", "ghs_secret"),
                ("GITHUB_SERVER_URL", "https://ghes.test"),
                ("http_proxy", proxy),
            ])
            .output()
            .unwrap()
    };
    let output = run("", "1s");
    docker_config(&output);
    assert!(text(&output.stderr).contains("going on without an optional login"));
    let refusing = Scripted::start();
    refusing.script([Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")]);
    let output = run(&refusing.server.url(), "30s");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
}

#[test]
fn docker_hub_has_the_key_that_docker_reads() {
    let home = tempfile::tempdir().unwrap();
    for name in [
        "docker.io",
        "index.docker.io",
        "https://index.docker.io/v1/",
    ] {
        let output = dockside(home.path())
            .args(["ci-env", "--no-verify", "--format", "json"])
            .env("DOCKSIDE_REGISTRY_HUB", name)
            .env("DOCKSIDE_REGISTRY_HUB_USERNAME", "me")
            .env("DOCKSIDE_REGISTRY_HUB_PASSWORD", "mine")
            .output()
            .unwrap();
        assert_eq!(
            auths(&docker_config(&output)),
            json!({"https://index.docker.io/v1/": {"auth": "bWU6bWluZQ=="}})
        );
    }
    let output = dockside(home.path())
        .args([
            "ci-env",
            "--no-verify",
            "--format",
            "json",
            "--repo",
            "docker.io/me/app",
        ])
        .args(["--repo-container-registry", "dockerhub"])
        .env("WERF_REPO_DOCKER_HUB_USERNAME", "you")
        .env("WERF_REPO_DOCKER_HUB_PASSWORD", "yours")
        .output()
        .unwrap();
    assert_eq!(
        auths(&docker_config(&output)),
        json!({"https://index.docker.io/v1/": {"auth": "eW91OnlvdXJz"}})
    );
}

#[test]
fn an_open_registry_is_said_to_ask_for_no_login() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    let output = gitlab_job(home.path(), registry.host()).output().unwrap();
    docker_config(&output);
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: note: {} asks for no login, so the job token from CI_JOB_TOKEN was not \
             checked\n",
            registry.host()
        )
    );
}
