//! Which credential the docker config has for a repository, and where it says so.
#![cfg(unix)]

use dockside::auth::{Found, Keychain};
use dockside::docker::{Credential, Kind, Wishes};
use dockside::env::Env;
use dockside::error::{Exit, Failure};

use crate::docker_config::machine::Machine;

/// The user and the origin, with `~` for the docker directory at home.
fn find(machine: &Machine, keychain: &Keychain, repository: &str) -> (String, String) {
    let (registry, path) = repository.split_once('/').unwrap();
    let found = keychain.find(registry, path).unwrap();
    let user = found.credential.map(|found| found.username);
    let home = machine.at("home/.docker");
    let origin = found.origin.replace(home.to_str().unwrap(), "~");
    (user.unwrap_or_default(), origin)
}

fn expected(user: &str, origin: &str) -> (String, String) {
    (user.to_owned(), origin.to_owned())
}

const CONFIG: &str = r#"{"auths": {
    "ghcr.io": {"username": "all", "password": "p"},
    "ghcr.io/owner": {"username": "owner", "password": "p"},
    "https://index.docker.io/v1/": {"username": "hub", "password": "p"},
    "helped.example": {"username": "stale", "password": "p"},
    "dockside.invalid": {}
}, "credHelpers": {"helped.example": "fake", "empty.example": "fake", "off.example": ""}}"#;

const HELPER: &str = r#"request=$(cat)
echo "$1 $request" >>"$(dirname "$0")/../log"
case $request in
    helped.example) echo '{"ServerURL":"x","Username":"helper","Secret":"s"}';;
    empty.example) echo '{"ServerURL":"","Username":"","Secret":""}';;
    *) echo 'credentials not found in native keychain'; exit 1;;
esac"#;

fn machine() -> Machine {
    let machine = Machine::new();
    machine.write("home/.docker/config.json", CONFIG);
    machine.program("bin/docker-credential-fake", HELPER);
    machine
}

#[test]
fn helpers_then_the_longest_key() {
    let machine = machine();
    let keychain = Keychain::new(None, &machine.env(&[]));
    let file = "~/config.json";
    for (repository, user, origin) in [
        (
            "ghcr.io/owner/app",
            "owner",
            "auths of ~/config.json (key ghcr.io/owner)",
        ),
        (
            "ghcr.io/other/app",
            "all",
            "auths of ~/config.json (key ghcr.io)",
        ),
        (
            "docker.io/library/alpine",
            "hub",
            "auths of ~/config.json (key https://index.docker.io/v1/)",
        ),
        (
            "helped.example/a",
            "helper",
            "credential helper fake (credHelpers of ~/config.json)",
        ),
        (
            "empty.example/a",
            "",
            "nothing from the credential helper fake (credHelpers of ~/config.json)",
        ),
        (
            "off.example/a",
            "",
            &format!(
                "nothing in {file}; there are logins for empty.example, ghcr.io, ghcr.io/owner, \
                 helped.example, https://index.docker.io/v1/"
            ),
        ),
    ] {
        let found = find(&machine, &keychain, repository);
        assert_eq!(found, expected(user, origin), "{repository}");
    }
    for path in ["helped.example/b", "helped.example/c"] {
        find(&machine, &keychain, path);
    }
    let log = std::fs::read_to_string(machine.at("log")).unwrap();
    assert_eq!(log, "get helped.example\nget empty.example\n");
    assert_eq!(
        keychain.keys(),
        [
            "empty.example",
            "ghcr.io",
            "ghcr.io/owner",
            "helped.example",
            "https://index.docker.io/v1/"
        ]
    );
}

#[test]
fn a_store_is_asked_for_what_no_helper_is_named_for() {
    let machine = machine();
    machine.write("home/.docker/config.json", r#"{"credsStore": "fake"}"#);
    let keychain = Keychain::new(None, &machine.env(&[]));
    assert_eq!(
        find(&machine, &keychain, "helped.example/a"),
        expected(
            "helper",
            "credential helper fake (credsStore of ~/config.json)"
        )
    );
    assert_eq!(
        find(&machine, &keychain, "docker.io/library/a"),
        expected(
            "",
            "nothing from the credential helper fake (credsStore of ~/config.json)"
        )
    );
    let log = std::fs::read_to_string(machine.at("log")).unwrap();
    assert_eq!(log, "get helped.example\nget https://index.docker.io/v1/\n");
}

#[test]
fn the_variable_goes_before_all() {
    let machine = machine();
    let variable = r#"{"auths": {"helped.example/team": {"auth": "dmFyaWFibGU6cA=="}}}"#;
    let keychain = Keychain::new(None, &machine.env(&[("DOCKER_AUTH_CONFIG", variable)]));
    assert_eq!(
        find(&machine, &keychain, "helped.example/team/app"),
        expected("variable", "DOCKER_AUTH_CONFIG (key helped.example/team)")
    );
    assert_eq!(find(&machine, &keychain, "helped.example/app").0, "helper");

    let keychain = Keychain::new(
        None,
        &machine.env(&[("DOCKER_AUTH_CONFIG", "dTpodW50ZXIy")]),
    );
    assert_eq!(find(&machine, &keychain, "ghcr.io/a/b").0, "all");
    let (_, origin) = find(&machine, &keychain, "none.example/a");
    let reason = "; DOCKER_AUTH_CONFIG is not used: DOCKER_AUTH_CONFIG:1:1: neither a JSON \
                  object nor the path of a file";
    assert!(origin.ends_with(reason), "{origin}");
}

#[test]
fn every_kind_of_entry() {
    let machine = Machine::new();
    machine.write(
        "other/config.json",
        r#"{"auths": {"a.example": {"auth": "dTo=", "identitytoken": "i"},
            "b.example": {"registrytoken": "r"}}}"#,
    );
    let other = machine.at("other");
    let keychain = Keychain::new(Some(&other), &machine.env(&[]));
    let kind = |registry| {
        let found: Found = keychain.find(registry, "x").unwrap();
        found.credential.map(|found| found.kind)
    };
    assert_eq!(kind("a.example"), Some(Kind::IdentityToken));
    assert_eq!(kind("b.example"), Some(Kind::RegistryToken));
    let shown = format!("{:?}", keychain.find("b.example", "x").unwrap());
    assert!(shown.contains("secret: ***"), "{shown}");
}

#[test]
fn a_job_uses_its_own_directory() {
    let machine = machine();
    let logins = [(
        "job.example".to_owned(),
        Credential::password("job", "token"),
    )];
    let prepared = machine.prepare(
        &[],
        &Wishes {
            logins: &logins,
            ..Wishes::default()
        },
    );
    let job = prepared.unwrap().docker_config;
    let env = machine.env(&[
        ("DOCKER_CONFIG", job.to_str().unwrap()),
        // Docker does not know this file.
        ("REGISTRY_AUTH_FILE", "/none/auth.json"),
    ]);
    let keychain = Keychain::new(None, &env);
    let (user, origin) = find(&machine, &keychain, "job.example/a");
    let file = job.join("config.json");
    assert_eq!(user, "job");
    assert_eq!(
        origin,
        format!("auths of {} (key job.example)", file.display())
    );
}

#[test]
fn a_failure_is_not_the_same_as_nothing() {
    let machine = machine();
    machine.program(
        "bin/docker-credential-fake",
        r#"echo x >>"$(dirname "$0")/../log"; echo 'keychain is locked' >&2; exit 1"#,
    );
    let keychain = Keychain::new(None, &machine.env(&[]));
    for _ in 0..3 {
        let failure = Failure::from(keychain.find("helped.example", "a").unwrap_err());
        assert_eq!(
            failure.message(),
            "docker-credential-fake get failed (exit status: 1): keychain is locked"
        );
    }
    let log = std::fs::read_to_string(machine.at("log")).unwrap();
    assert_eq!(log, "x\n");

    machine.write("home/.docker/config.json", "{");
    let keychain = Keychain::new(None, &machine.env(&[]));
    let failure = Failure::from(keychain.find("ghcr.io", "a").unwrap_err());
    let file = machine.at("home/.docker/config.json");
    assert_eq!(
        failure.message(),
        format!(
            "{}:1:1: not JSON: EOF while parsing an object",
            file.display()
        )
    );
    assert_eq!(failure.exit(), Exit::Failed);
    assert_eq!(keychain.keys(), [""; 0]);
}

#[test]
fn nothing_at_all() {
    let machine = Machine::new();
    let keychain = Keychain::new(None, &machine.env(&[]));
    assert_eq!(
        find(&machine, &keychain, "ghcr.io/a"),
        expected("", "nothing in ~/config.json")
    );
    let missing = Keychain::new(Some(std::path::Path::new("/none")), &Env::default());
    let origin = missing.find("ghcr.io", "a").unwrap().origin;
    assert_eq!(origin, "nothing in /none/config.json");
}
