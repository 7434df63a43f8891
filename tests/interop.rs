//! The whole program with real registries: every kind of content through every operation, and
//! other clients that find what was put there.

mod access;
mod kinds;
mod matrix;
mod referrers;

use std::path::Path;
use std::process::{Command, Output};

use crate::support::job::text;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::zot::{self, Zot};
use crate::support::{dockside, go_program, installed};

/// A login of tests, as `auths` of a docker config holds it: `robot:secret`.
const LOGIN: &str = "cm9ib3Q6c2VjcmV0";

/// A registry that lets everybody in.
enum Server {
    Distribution(Registry),
    Zot(Zot),
}

impl Server {
    /// All that are installed.
    fn all() -> Vec<Self> {
        let mut servers = Vec::new();
        if installed(PROGRAM) {
            servers.push(Self::Distribution(Registry::open()));
        }
        if go_program(PROGRAM_3).is_some() {
            servers.push(Self::Distribution(Options::default().version3().start()));
        }
        if go_program(zot::PROGRAM).is_some() {
            servers.push(Self::Zot(Zot::start()));
        }
        servers
    }

    fn host(&self) -> &str {
        match self {
            Self::Distribution(registry) => registry.host(),
            Self::Zot(zot) => zot.host(),
        }
    }

    /// Whether it takes the media types of docker.
    fn takes_docker(&self) -> bool {
        matches!(self, Self::Distribution(_))
    }
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut program = dockside(home);
    program.current_dir(home).args(arguments).output().unwrap()
}

/// Standard output of a run that did what it was asked.
fn done(home: &Path, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    text(&output.stdout)
}

/// Writes a docker config directory with a login; its path.
fn config(home: &Path, host: &str) -> String {
    let directory = home.join("docker");
    std::fs::create_dir_all(&directory).unwrap();
    let config = serde_json::json!({"auths": {host: {"auth": LOGIN}}});
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
    directory.to_str().unwrap().to_owned()
}

/// The digest at a reference as crane finds it, where crane is.
fn digest_by_crane(reference: &str) -> Option<String> {
    let crane = go_program("crane")?;
    let output = Command::new(crane)
        .args(["digest", "--insecure", reference])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout).trim_end().to_owned())
}
