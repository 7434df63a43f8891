//! The examples, run by the CI systems' own runners where those can run on one host.

mod host;
mod registry;

use std::fs;
use std::path::PathBuf;
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
    gitlab_release(&host, "release");
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
    gitlab_release(&host, "promote");
}

/// Runs a job that copies the commit's image to `latest`.
fn gitlab_release(host: &Host, job: &str) {
    let commit = host.commit();
    let digest = host.push(&format!("group/project:{}", &commit[..8]));
    let text = transcript(&mut gitlab(host, job));
    assert!(text.contains(&format!("{job} > {USERNAME}\n")), "{text}");
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
    assert!(text.contains(&format!("| {USERNAME}\n")), "{text}");
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

#[test]
fn the_jenkins_example_shows_no_secret_in_a_trace() {
    let source = fs::read_to_string(repository().join("examples/jenkins/Jenkinsfile")).unwrap();
    let scripts = shell_steps(&source, "sh ");
    let [login, release, logout] = scripts.as_slice() else {
        panic!("the example has other steps than this test knows: {scripts:?}");
    };
    for shell in ["sh", "bash", "zsh", "ksh93"] {
        let Some(host) = Host::new(&[shell]) else {
            continue;
        };
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let digest = host.push(&format!("app:{commit}"));
        transcript(
            jenkins(&host, shell, login)
                .env("DOCKSIDE_REGISTRY_TEAM", host.registry.address())
                .env("DOCKSIDE_REGISTRY_TEAM_USERNAME", USERNAME)
                .env("DOCKSIDE_REGISTRY_TEAM_PASSWORD", PASSWORD),
        );
        let text = transcript(jenkins(&host, shell, release).env("GIT_COMMIT", commit));
        assert!(text.contains(&format!("{USERNAME}\n")), "{text}");
        assert_eq!(host.digest("app:latest"), digest);
        transcript(&mut jenkins(&host, shell, logout));
        host.assert_clean();
    }
}

#[test]
fn the_jenkins_library_step_sets_variables_and_cleans_up() {
    let Some(host) = Host::new(&["sh"]) else {
        return;
    };
    let [login, logout] = library_scripts();
    let block = Block::start(&host, "block", &login, &[]);
    block.assert_logged_in(&host);
    block.end(&host, &logout);
    host.assert_clean();
}

/// The inner block starts with the outer one's variables, and both have the same workspace.
#[test]
fn the_jenkins_library_step_leaves_the_block_around_it_alone() {
    let Some(host) = Host::new(&["sh"]) else {
        return;
    };
    let [login, logout] = library_scripts();
    let outer = Block::start(&host, "outer", &login, &[]);
    let inner = Block::start(&host, "inner", &login, &outer.variables);
    inner.assert_logged_in(&host);
    inner.end(&host, &logout);
    outer.assert_logged_in(&host);
    outer.end(&host, &logout);
    host.assert_clean();
}

/// The scripts of the shared library's step, which runs them in a place of each block's own.
fn library_scripts() -> [String; 2] {
    let file = "templates/jenkins/vars/withDockside.groovy";
    let source = fs::read_to_string(repository().join(file)).unwrap();
    let place = "WERF_TMP_DIR: pwd(tmp: true) + '/dockside-' + UUID.randomUUID()";
    assert!(source.contains(place), "{source}");
    shell_steps(&source, "script: ").try_into().unwrap()
}

/// A block of the shared library's step.
struct Block {
    place: PathBuf,
    variables: Vec<(String, String)>,
}

impl Block {
    /// Logs in, with `around` as the variables of the block around it.
    fn start(host: &Host, name: &str, login: &str, around: &[(String, String)]) -> Self {
        let place = host.home().join(format!("dockside-{name}"));
        let output = jenkins(host, "sh", login)
            .envs(around.iter().cloned())
            .env("WERF_TMP_DIR", &place)
            .env("DOCKSIDE_REGISTRY_TEAM", host.registry.address())
            .env("DOCKSIDE_REGISTRY_TEAM_USERNAME", USERNAME)
            .env("DOCKSIDE_REGISTRY_TEAM_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        let shown = [output.stdout.as_slice(), &output.stderr].concat();
        assert!(!String::from_utf8(shown).unwrap().contains(PASSWORD));
        assert!(output.status.success(), "{output:?}");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let variables = answer["variables"].as_object().unwrap().iter();
        let variables = variables
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        Self { place, variables }
    }

    fn assert_logged_in(&self, host: &Host) {
        let text = transcript(
            host.command("skopeo")
                .envs(self.variables.iter().cloned())
                .args(["login", "--get-login", host.registry.address()]),
        );
        assert_eq!(text, format!("{USERNAME}\n"));
    }

    fn end(self, host: &Host, logout: &str) {
        assert!(self.place.exists());
        transcript(jenkins(host, "sh", logout).env("WERF_TMP_DIR", &self.place));
        assert!(!self.place.exists());
    }
}

/// The scripts that follow `step` in a Groovy source, in single or triple quotes.
fn shell_steps(source: &str, step: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    for part in source.split(&format!("{step}'")).skip(1) {
        let script = match part.strip_prefix("''") {
            Some(long) => long.split("'''").next().unwrap(),
            None => part.split('\'').next().unwrap(),
        };
        assert!(!script.contains('\\'), "escapes are not understood here");
        scripts.push(script.to_owned());
    }
    scripts
}

/// A script as Jenkins' `sh` step runs it: traced, in a process of its own, with the variables
/// that every step of one build has.
fn jenkins(host: &Host, shell: &str, script: &str) -> Command {
    let project = host.project();
    let mut command = host.command(shell);
    command
        .args(["-xe", "-c", script])
        .env("CI", "true")
        .env("JENKINS_URL", "https://jenkins.example.com/")
        .env("JOB_NAME", "team/app")
        .env("JOB_URL", "https://jenkins.example.com/job/team/job/app/")
        .env("BUILD_ID", "7")
        .env("BUILD_NUMBER", "7")
        .env("BUILD_TAG", "jenkins-team-app-7")
        .env(
            "BUILD_URL",
            "https://jenkins.example.com/job/team/job/app/7/",
        )
        .env("NODE_NAME", "built-in")
        .env("EXECUTOR_NUMBER", "0")
        .env("WORKSPACE_TMP", format!("{}@tmp", project.display()))
        .env("WORKSPACE", project)
        .env("REGISTRY", host.registry.address());
    command
}
