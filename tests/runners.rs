//! The examples, run by the CI systems' own runners where those can run on one host.

mod host;
mod jenkins;
mod registry;

use std::fs;
use std::process::Command;

use host::{Host, transcript};
pub use host::{files, repository};
use registry::{PASSWORD, USERNAME};

use crate::support::certificates::Authority;
use crate::support::http::{HttpServer, Reply};
use crate::support::proxy::Proxy;

#[test]
fn the_gitlab_example_releases_an_image() {
    let Some(host) = Host::new(&["gitlab-ci-local", "rsync"]) else {
        return;
    };
    host.copy("examples/gitlab/.gitlab-ci.yml", ".gitlab-ci.yml");
    let registry = host.registry.address();
    let shown = format!("tagged {registry}/group/project:latest");
    gitlab_release(&host, "release", &shown);
}

#[test]
fn the_gitlab_example_pushes_with_docker() {
    let Some(host) = Host::new(&["gitlab-ci-local", "rsync"]) else {
        return;
    };
    host.copy("examples/gitlab/.gitlab-ci.yml", ".gitlab-ci.yml");
    host.replace_docker();
    let commit = host.commit();
    transcript(&mut gitlab(&host, "build"));
    let registry = host.registry.address();
    let image = format!("{registry}/group/project:{}", &commit[..8]);
    assert_eq!(host.docker_record(), built_and_pushed(&image));
    host.assert_clean();
}

#[test]
fn the_gitlab_component_logs_in_and_cleans_up() {
    let Some(host) = Host::new(&["gitlab-ci-local", "rsync"]) else {
        return;
    };
    host.copy("templates/dockside/template.yml", "dockside.yml");
    let pipeline = r#"
include:
  - local: dockside.yml
    inputs:
      job: .login
promote:
  extends: .login
  script:
    - skopeo login --get-login "$CI_REGISTRY"
    - skopeo copy "docker://$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA" "docker://$CI_REGISTRY_IMAGE:latest"
"#;
    fs::write(host.project().join(".gitlab-ci.yml"), pipeline).unwrap();
    gitlab_release(&host, "promote", USERNAME);
}

/// Runs a job that names the commit's image `latest` and shows a line.
fn gitlab_release(host: &Host, job: &str, shown: &str) {
    let commit = host.commit();
    let digest = host.push(&format!("group/project:{}", &commit[..8]));
    let text = transcript(&mut gitlab(host, job));
    assert!(text.contains(&format!("{job} > {shown}\n")), "{text}");
    assert_eq!(host.digest("group/project:latest"), digest);
    host.assert_clean();
}

/// A job as GitLab's local runner runs it.
fn gitlab(host: &Host, job: &str) -> Command {
    let registry = host.registry.address();
    let mut command = host.command("gitlab-ci-local");
    command
        .args(["--force-shell-executor", job])
        .arg(format!("--variable=CI_REGISTRY={registry}"))
        .arg(format!("--variable=CI_REGISTRY_USER={USERNAME}"))
        .arg(format!("--variable=CI_REGISTRY_PASSWORD={PASSWORD}"));
    command
}

/// What the stand-in for docker records of a job that builds and pushes an image.
fn built_and_pushed(image: &str) -> String {
    format!("docker build --tag {image} .\ndocker push {image}\nas {USERNAME}\n")
}

#[test]
fn the_github_example_releases_an_image_with_the_action() {
    let Some(host) = Host::new(&["act", "bash"]) else {
        return;
    };
    let workflow = ".github/workflows/release.yml";
    host.copy(&format!("examples/github/{workflow}"), workflow);
    host.copy("action.yml", ".github/actions/dockside/action.yml");
    let commit = host.commit();
    let digest = host.push(&format!("app:{commit}"));
    let registry = host.registry.address();
    let text = transcript(
        act(&host, workflow)
            // The runner hides no secret here, so that what hides it is the program.
            .arg("--insecure-secrets")
            .arg(format!("--var=TEAM_REGISTRY={registry}"))
            .arg(format!("--var=TEAM_USERNAME={USERNAME}"))
            .arg(format!("--secret=TEAM_PASSWORD={PASSWORD}")),
    );
    let shown = format!("| tagged {registry}/app:latest\n");
    assert!(text.contains(&shown), "{text}");
    assert_eq!(host.digest("app:latest"), digest);
    host.assert_clean();
}

/// ghcr.io is played by a server with a certificate for that name, behind a proxy.
#[test]
fn the_github_example_pushes_with_docker() {
    let Some(host) = Host::new(&["act", "bash"]) else {
        return;
    };
    let workflow = ".github/workflows/push.yml";
    host.copy(&format!("examples/github/{workflow}"), workflow);
    host.replace_docker();
    let commit = host.commit();
    let origin = "https://github.com/Group/Project.git";
    transcript(
        host.command("git")
            .args(["remote", "set-url", "origin", origin]),
    );
    let authority = Authority::new();
    let trusted = host.home().join("authority.pem");
    fs::write(&trusted, authority.pem()).unwrap();
    let certificate = authority.issue(&["ghcr.io"]).server(None);
    let ghcr = HttpServer::start(Some(certificate), |request| {
        let known = (USERNAME.to_owned(), PASSWORD.to_owned());
        match request.basic() == Some(known) {
            true => Reply::new(200).into(),
            false => Reply::new(401)
                .header("www-authenticate", "Basic realm=\"r\"")
                .into(),
        }
    });
    let proxy = Proxy::start(ghcr.host());
    transcript(
        act(&host, workflow)
            .arg(format!("--actor={USERNAME}"))
            .arg(format!("--secret=GITHUB_TOKEN={PASSWORD}"))
            .arg(format!("--env=HTTPS_PROXY={}", proxy.url()))
            .arg(format!("--env=SSL_CERT_FILE={}", trusted.display())),
    );
    assert!(proxy.asked().contains(&"CONNECT ghcr.io:443".to_owned()));
    let image = format!("ghcr.io/group/project:{commit}");
    assert_eq!(host.docker_record(), built_and_pushed(&image));
    host.assert_clean();
}

/// A workflow as act runs it, without containers.
fn act(host: &Host, workflow: &str) -> Command {
    let mut command = host.command("act");
    command
        .env("ACT_DISABLE_VERSION_CHECK", "1")
        .args(["push", "--workflows", workflow])
        .args(["--platform", "ubuntu-latest=-self-hosted"])
        .args(["--container-daemon-socket", "-"])
        .args(["--pull=false", "--no-cache-server"]);
    command
}
