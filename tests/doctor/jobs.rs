//! The directory of a job, as `ci-env` makes it.

use super::looking::files;
use super::{Machine, WELL};
use crate::support::dockside;
use crate::support::job::GITLAB;
use crate::support::scripted_registry::{Auth, Behaviour, ScriptedRegistry};

/// The job's own login is found, and its directory stays as it is, byte for byte.
#[test]
fn what_ci_env_made_is_healthy() {
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Basic {
            username: "gitlab-ci-token",
            password: "glcbt-64_x",
        },
        ..Behaviour::default()
    });
    registry.put_manifest("group/project", "v1", "application/json", b"{}");
    let host = registry.host();
    let image = format!("{host}/group/project");
    let mut job = GITLAB.to_vec();
    job.extend([
        ("CI_REGISTRY", host.as_str()),
        ("CI_REGISTRY_IMAGE", &image),
        ("CI_JOB_TOKEN", "glcbt-64_x"),
    ]);
    let machine = Machine::new();
    let made = dockside(machine.home.path())
        .envs(job.iter().copied())
        .args(["ci-env", "gitlab", "--format", "json"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let exports: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let directory = find(&exports, "DOCKER_CONFIG");
    let auth_file = find(&exports, "REGISTRY_AUTH_FILE");
    let machine = machine.with(&job).with(&[
        ("DOCKER_CONFIG", &directory),
        ("WERF_DOCKER_CONFIG", &directory),
        ("REGISTRY_AUTH_FILE", &auth_file),
    ]);
    let before = files(machine.home.path());
    assert_eq!(machine.doctor(&[]), WELL);
    assert_eq!(files(machine.home.path()), before);
    let (_, said, _) = machine.run(&[]);
    let login =
        "ok       login          user \"gitlab-ci-token\" with the job's own token (CI_JOB_TOKEN)";
    assert!(said.contains(login), "{said}");
    assert!(said.contains("which belongs to this job alone"), "{said}");
}

/// A variable of the exports, wherever the form has it.
fn find(exports: &serde_json::Value, name: &str) -> String {
    let value = &exports["variables"][name];
    value
        .as_str()
        .unwrap_or_else(|| panic!("{exports}"))
        .to_owned()
}
