//! The examples of pipelines that log in by the job's identity, run against the clouds' emulators.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::json;
use tempfile::TempDir;

use super::job::{jwt, now};
use crate::runners::repository;
use crate::support::brands::acr::entra::{self, Entra, ISSUER, SUBJECT};
use crate::support::brands::acr::{self, Acr};
use crate::support::brands::ecr::Aws;
use crate::support::brands::google::{self, API, Google};
use crate::support::isolate;
use crate::support::job::{GITLAB, text};
use crate::support::layout::Layout;
use crate::support::vendor::{Answer, Network, shared};

const COMMIT: &str = "0123abcd";

/// What stands for docker: it pushes an image that is there already.
const DOCKER: &str = "#!/bin/sh
set -eu
case $1 in
build) ;;
push) command -v docker-credential-dockside >/dev/null && exec dockside push \"$LAYOUT\" \"$2\" ;;
esac
";

/// The ID token that the CI system gives for an audience.
fn token(audience: &str) -> String {
    jwt(&json!({"iss": ISSUER, "sub": SUBJECT, "aud": audience, "exp": now() / 3600 * 3600 + 7200}))
}

/// The clouds, and the job of one pipeline.
struct World {
    network: Network,
    aws: Arc<Mutex<Aws>>,
    google: Arc<Mutex<Google>>,
    acr: Arc<Mutex<Acr>>,
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> Self {
        let network = Network::start();
        let mut account = Aws::new();
        account.trusted = token("sts.amazonaws.com");
        let aws = account.on(&network);
        let google = shared(Google::new());
        for host in [API, "us-docker.pkg.dev", "sts.googleapis.com"] {
            network.host(host, &google);
        }
        let acr = shared(Acr::new());
        network.host(acr::HOST, &acr);
        network.host(entra::HOST, &shared(Entra::new()));
        google::describe(&network);
        acr::describe(&network);
        network.answer("ci.example", |request| {
            let audience = request.parameter("audience").unwrap_or_default();
            Answer::new(200).json(&json!({"value": token(audience)}))
        });
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let mut layout = Layout::create(at("layout"));
        layout.image("", &[b"layer"]);
        fs::create_dir(at("bin")).unwrap();
        fs::write(at("bin/docker"), DOCKER).unwrap();
        fs::set_permissions(at("bin/docker"), fs::Permissions::from_mode(0o755)).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_dockside")).parent().unwrap();
        let path = [at("bin").as_path(), program].map(|one| one.display().to_string());
        let path = format!("{}:{}", path.join(":"), std::env::var("PATH").unwrap());
        let layout = format!("oci:{}", at("layout").display());
        let mut all = network.environment();
        let mut set = |name: &str, value: &str| all.push((name.to_owned(), value.to_owned()));
        set("PATH", &path);
        set("LAYOUT", &layout);
        set("AWS_EC2_METADATA_DISABLED", "true");
        set("NO_GCE_CHECK", "true");
        for (name, value) in variables {
            set(name, value);
        }
        Self {
            network,
            aws,
            google,
            acr,
            home,
            variables: all,
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Sets what a mapping of the pipeline says.
    fn set_all(&mut self, mapping: &Yaml<'_>) {
        for (name, value) in mapping.as_mapping().unwrap() {
            self.set(name.as_str().unwrap(), value.as_str().unwrap());
        }
    }

    fn run(&self, script: &str) {
        let mut command = Command::new("bash");
        isolate(&mut command, self.home.path());
        command
            .args(["-eo", "pipefail", "-c", script])
            .envs(self.variables.clone())
            .current_dir(self.home.path());
        let output = command.output().unwrap();
        let said = text(&output.stderr);
        let seen = self.network.seen().join("\n");
        assert!(output.status.success(), "{script}\n{said}\n{seen}");
    }

    /// Hands what a step wrote for the next ones on to them, as GitHub's runner does.
    fn hand_on(&mut self) {
        let take = |name: &str| {
            let text = fs::read_to_string(self.home.path().join(name)).unwrap();
            fs::write(self.home.path().join(name), "").unwrap();
            text
        };
        let (variables, paths) = (take("env"), take("path"));
        let mut lines = variables.lines();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").unwrap();
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            self.set(name, &value.join("\n"));
        }
        for directory in paths.lines() {
            let known = self.variables.iter().find(|(name, _)| name == "PATH");
            let path = format!("{directory}:{}", known.unwrap().1);
            self.set("PATH", &path);
        }
    }

    /// The tags that the pipeline has pushed, at whichever cloud.
    fn pushed(&self) -> Vec<String> {
        let mut tags = self.aws.lock().unwrap().store.tags("team/app");
        tags.extend(self.google.lock().unwrap().store.tags("p/r/app"));
        tags.extend(self.acr.lock().unwrap().store.tags("team/app"));
        tags
    }
}

fn pipeline(file: &str) -> String {
    fs::read_to_string(repository().join("examples").join(file)).unwrap()
}

#[test]
fn the_example_of_github_pushes_to_three_clouds() {
    let text = pipeline("github/.github/workflows/identity.yml");
    let workflow = &Yaml::load_from_str(&text).unwrap()[0];
    for name in ["aws", "google", "azure"] {
        let job = &workflow["jobs"][name];
        let mut world = World::new(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_RUN_ID", "1"),
            ("GITHUB_SHA", COMMIT),
            (
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                "https://ci.example/token?x=1",
            ),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"),
        ]);
        for (variable, file) in [("GITHUB_ENV", "env"), ("GITHUB_PATH", "path")] {
            let file = world.home.path().join(file);
            fs::write(&file, "").unwrap();
            world.set(variable, file.to_str().unwrap());
        }
        world.set_all(&job["env"]);
        let steps = job["steps"].as_sequence().unwrap();
        for script in steps.iter().filter_map(|step| step.as_mapping_get("run")) {
            world.run(script.as_str().unwrap());
            world.hand_on();
        }
        assert_eq!(world.pushed(), [COMMIT], "{name}");
    }
}

#[test]
fn the_example_of_gitlab_pushes_to_two_clouds() {
    let text = pipeline("gitlab/identity.gitlab-ci.yml");
    let pipeline = &Yaml::load_from_str(&text).unwrap()[0];
    for name in ["aws", "google"] {
        let job = &pipeline[name];
        let mut world = World::new(&GITLAB);
        world.set("CI_SERVER_URL", ISSUER);
        world.set("CI_COMMIT_SHORT_SHA", COMMIT);
        world.set_all(&job["variables"]);
        for (variable, wish) in job["id_tokens"].as_mapping().unwrap() {
            let audience = wish["aud"].as_str().unwrap();
            world.set(variable.as_str().unwrap(), &token(audience));
        }
        for lines in [&job["script"], &pipeline["default"]["after_script"]] {
            let lines = lines.as_sequence().unwrap().iter();
            let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
            world.run(&lines.join("\n"));
        }
        assert_eq!(world.pushed(), [COMMIT], "{name}");
    }
}
