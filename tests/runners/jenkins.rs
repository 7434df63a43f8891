//! Jenkins' example and its shared library's step, whose scripts run as the `sh` step runs them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::host::{Host, transcript};
use super::registry::{PASSWORD, USERNAME};
use super::repository;

#[test]
fn the_example_shows_no_secret_in_a_trace() {
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
        let registry = host.registry.address();
        let shown = format!("{registry}/app:latest {digest} written\n");
        assert!(text.contains(&shown), "{text}");
        assert_eq!(host.digest("app:latest"), digest);
        transcript(&mut jenkins(&host, shell, logout));
        host.assert_clean();
    }
}

#[test]
fn the_library_step_sets_variables_and_cleans_up() {
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
fn the_library_step_leaves_the_block_around_it_alone() {
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
