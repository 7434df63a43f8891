//! Faults of the docker config and of the environment.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Machine, assert_diagnoses, login};
use crate::support::script::install;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};
use crate::support::{dockside_as, job, root};

/// A registry that is open, and what is said of a machine that has its name in many places.
fn beside(registry: &ScriptedRegistry, machine: Machine) -> Machine {
    machine.naming(&registry.host(), "{registry}")
}

fn open() -> ScriptedRegistry {
    ScriptedRegistry::start(Behaviour::default())
}

#[test]
fn faults() {
    assert_diagnoses(
        "machine",
        &[
            ("config.json is not JSON", || {
                let machine = Machine::new().file(".docker/config.json", "{\"auths\": {");
                machine.doctor(&[])
            }),
            ("config.json has values of other types", || {
                let config = r#"{"auths": {"a.example": {"auth": "hunter2!"}}}"#;
                let machine = Machine::new().file(".docker/config.json", config);
                machine.doctor(&[])
            }),
            ("DOCKER_CONFIG names a file", || {
                let machine = Machine::new().file("config.json", "{}");
                let machine = machine.with(&[("DOCKER_CONFIG", "{home}/config.json")]);
                machine.doctor(&[])
            }),
            ("config.json can be read by everybody", || {
                let registry = open();
                let machine = Machine::new().login(&registry.host(), "user", "secret");
                let config = machine.path(".docker/config.json");
                fs::set_permissions(config, fs::Permissions::from_mode(0o644)).unwrap();
                beside(&registry, machine).doctor(&[])
            }),
            ("DOCKER_AUTH_CONFIG is broken", || {
                let machine = Machine::new().with(&[("DOCKER_AUTH_CONFIG", "{\"auths\":")]);
                machine.doctor(&[])
            }),
            ("DOCKER_AUTH_CONFIG hides a login", || {
                let registry = open();
                let older = login(&registry.host(), "user", "older");
                let machine = Machine::new().login(&registry.host(), "user", "newer");
                let machine = machine.with(&[("DOCKER_AUTH_CONFIG", &older)]);
                beside(&registry, machine).doctor(&[])
            }),
            ("auth.json of podman is stale", || {
                let registry = open();
                let older = login(&registry.host(), "user", "older");
                let machine = Machine::new()
                    .login(&registry.host(), "user", "newer")
                    .file("run/containers/auth.json", &older)
                    .with(&[("XDG_RUNTIME_DIR", "{home}/run")]);
                beside(&registry, machine).doctor(&[])
            }),
            ("REGISTRY_AUTH_FILE names nothing", || {
                let machine = Machine::new().with(&[("REGISTRY_AUTH_FILE", "{home}/none.json")]);
                machine.doctor(&[])
            }),
            ("credsStore without its program", || {
                let config = r#"{"credsStore": "desktop"}"#;
                let machine = Machine::new().file(".docker/config.json", config);
                machine.doctor(&[])
            }),
            ("a helper hides a login", || {
                let registry = open();
                let host = registry.host();
                let config = login(&host, "user", "secret");
                let config =
                    config.replacen('{', &format!(r#"{{"credHelpers":{{"{host}":"fake"}},"#), 1);
                let machine = Machine::new().file(".docker/config.json", &config);
                beside(
                    &registry,
                    helped(
                        machine,
                        "echo credentials not found in native keychain; exit 1",
                    ),
                )
                .doctor(&[])
            }),
            ("a helper fails", || {
                with_helper("echo 'no session' >&2; exit 3")
            }),
            ("a helper hangs", || with_helper("exec sleep 1000")),
            ("a helper speaks garbage", || with_helper("echo hunter2")),
            ("the key docker.io", || {
                let machine = Machine::new().login("docker.io", "user", "dckr_pat_x");
                machine.doctor(&[&open().host()])
            }),
            ("the key registry-1.docker.io", || {
                let machine = Machine::new().login("registry-1.docker.io", "user", "dckr_pat_x");
                machine.doctor(&[&open().host()])
            }),
            ("the key index.docker.io", || {
                let machine = Machine::new().login("https://index.docker.io", "user", "dckr_pat_x");
                machine.doctor(&[&open().host()])
            }),
            ("two docker configs", || {
                let machine = Machine::new().with(&[
                    ("WERF_DOCKER_CONFIG", "{home}/a"),
                    ("DOCKER_CONFIG", "{home}/b"),
                ]);
                machine.doctor(&[])
            }),
            ("variables of werf contradict each other", || {
                let machine = Machine::new().with(&[
                    ("WERF_REPO", "ghcr.io/acme/app"),
                    ("WERF_REPO_CONTAINER_REGISTRY", "harbor"),
                    ("WERF_REPO_IMPLEMENTATION", "quai"),
                ]);
                machine.doctor(&[&open().host()])
            }),
            ("variables of dockside contradict each other", || {
                let registry = open();
                let machine = Machine::new().with(&[
                    ("DOCKSIDE_REGISTRY_A", &registry.host()),
                    ("DOCKSIDE_REGISTRY_A_USERNAME", "user"),
                    ("DOCKSIDE_REGISTRY_B_PASSWORD", "hunter2"),
                    ("DOCKSIDE_REGISTRY_C", &registry.host()),
                    ("DOCKSIDE_REGISTRY_C_USERNAME", "user"),
                    ("DOCKSIDE_REGISTRY_C_PASSWORD", "hunter2"),
                    ("DOCKSIDE_REGISTRY_C_PASSWORD_FILE", "{home}/c"),
                ]);
                beside(&registry, machine).doctor(&[])
            }),
        ],
    );
}

/// The machine with `docker-credential-fake` on its `PATH`.
fn helped(machine: Machine, script: &str) -> Machine {
    let directory = machine.path("bin");
    fs::create_dir_all(&directory).unwrap();
    install(&directory.join("docker-credential-fake"), script);
    let path = format!("{}:/usr/bin:/bin", directory.display());
    machine.with(&[("PATH", &path)])
}

fn with_helper(script: &str) -> String {
    let registry = open();
    let config = format!(r#"{{"credHelpers":{{"{}":"fake"}}}}"#, registry.host());
    let machine = Machine::new().file(".docker/config.json", &config);
    beside(&registry, helped(machine, script)).doctor(&["--timeout", "1s"])
}

/// Another user's home, in which nothing can be read or written.
#[test]
fn the_home_of_another_user() {
    if !root("another user's home") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let docker = place.path().join(".docker");
    fs::create_dir(&docker).unwrap();
    let config = docker.join("config.json");
    fs::write(&config, login("a.example", "user", "hunter2")).unwrap();
    let doctor = |mode| {
        fs::set_permissions(&config, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = dockside_as(12345, place.path());
        let output = command.args(["doctor", "--quiet", "--for", "pull", super::NOWHERE]);
        let said = job::text(&output.output().unwrap().stdout);
        let said = said.replace(place.path().to_str().unwrap(), "{home}");
        let (said, _) = said.split_once(super::NOWHERE).unwrap();
        said.to_owned()
    };
    assert_eq!(
        doctor(0o600),
        "job\n  problem  config         cannot read {home}/.docker/config.json: Permission denied \
         (os error 13)\n                   cause  the file belongs to another user, or its directory \
         does\n                    cure  is HOME another user's? set HOME to a directory of this user, \
         or name another docker config directory with --docker-config\n"
    );
    assert_eq!(
        doctor(0o644),
        "job\n  warning  config         {home}/.docker/config.json has mode 0644\n                   \
         cause  it holds secrets, and other users of this machine can read them\n                    \
         cure  run `chmod 600 {home}/.docker/config.json`\n  warning  config         {home}/.docker \
         (named by the home directory) belongs to user 0, and this is user 12345\n                   \
         cause  its logins are somebody else's, and a login of this job cannot be kept there\n       \
         \u{20}            cure  set HOME to the home of this user, or DOCKER_CONFIG to a directory of \
         the job\n  warning  config         {home}/.docker cannot be written to: Permission denied (os \
         error 13)\n                   cause  `docker login` keeps its logins there, and so fails\n    \
         \u{20}               cure  let `dockside ci-env` make a directory for the job, or name one with \
         DOCKER_CONFIG\n"
    );
}
