//! The forms of the output, and that no secret is in any of them.

use serde_json::{Value, json};

use super::Machine;
use super::office::OPEN;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};

#[test]
fn json() {
    let machine = Machine::new();
    let (code, said, stderr) = machine.run(&["--output", "json", "--quiet", "127.0.0.1:1"]);
    assert_eq!(code, 1);
    assert_eq!(stderr, "dockside: error: there is a problem\n");
    assert_eq!(
        serde_json::from_str::<Value>(&said).unwrap(),
        json!({
            "worst": "problem",
            "findings": [{
                "check": "reach",
                "severity": "problem",
                "subject": "127.0.0.1:1",
                "says": "http://127.0.0.1:1/v2/ does not answer: no connection: Connection refused \
                         (os error 111)",
                "cause": "nothing listens at that port, or a firewall refuses",
                "cure": "check host and port, and that the registry runs",
            }],
        })
    );
}

#[test]
fn text() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    registry.put_manifest("app", "v1", "application/json", b"{}");
    let host = registry.host();
    let machine = Machine::new();
    let (code, said, stderr) = machine.run(&[&format!("{host}/app:v1")]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let home = machine.path(".docker");
    let home = home.display();
    assert_eq!(
        said,
        format!(
            "job\n  \
             ok       ci             no CI system: nothing in the environment shows one\n  \
             ok       config         {home} (named by the home directory) does not exist: nobody is logged in\n\
             {host}/app\n  \
             ok       reach          http://{host}/v2/ answers (status 200)\n  \
             ok       tls            plain HTTP\n  \
             ok       brand          default (the registry); nothing in its answer says more\n  \
             ok       login          nobody: nothing in {home}/config.json\n  \
             ok       repository     it is there\n  \
             ok       rights         pull: allowed\n  \
             ok       rights         push and delete: the registry asks for no login\n  \
             ok       deletion       a single tag is removed by moving it to an empty image, if deletion is switched on (distribution 2)\n  \
             ok       referrers      the referrers API is there\n"
        )
    );
}

#[test]
fn names_that_are_none() {
    for word in ["UPPER/x", "user:hunter2@registry.example.com", ""] {
        let (code, said, stderr) = Machine::new().run(&[word]);
        assert_eq!((code, said.as_str()), (2, ""), "{word}");
        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
}

/// In a config, a variable, a proxy's address, a helper's answer: all outputs, also the verbose one.
#[test]
fn secrets_are_never_shown() {
    const HOST: &str = "registry.example.com";
    let canary = "canary-9f3a";
    for password in [canary, "canary-9f3a ", "secret"] {
        let network = OPEN.open(HOST);
        let auth = super::login("other.example.com", "user", canary);
        let machine = Machine::new()
            .login(HOST, "user", password)
            .also(network.environment())
            .with(&[
                ("DOCKER_AUTH_CONFIG", &auth),
                ("CI_JOB_TOKEN", canary),
                ("GITHUB_TOKEN", canary),
                ("DOCKSIDE_REGISTRY_A", "a.invalid"),
                ("DOCKSIDE_REGISTRY_A_PASSWORD", canary),
                ("WERF_REPO_HARBOR_PASSWORD", canary),
                ("http_proxy", "http://user:canary-9f3a@127.0.0.1:1"),
            ]);
        for form in ["text", "json"] {
            let words = [
                "--verbose",
                "--output",
                form,
                "registry.example.com/acme/app",
                "a.invalid",
            ];
            let (code, said, stderr) = machine.run(&words);
            let all = format!("{said}{stderr}");
            assert_eq!(code, 1, "{all}");
            assert!(!all.contains("canary"), "{all}");
            assert!(all.contains("registry.example.com"), "{all}");
        }
    }
}

/// The sample of the README is what is said of that fault.
#[test]
fn the_readme_shows_what_is_said() {
    let readme = include_str!("../../README.md");
    let said = include_str!("../snapshots/doctor-vendors.txt");
    let (_, said) = said.split_once("## GitHub: no packages: write\n").unwrap();
    let (said, _) = said.split_once("exit 1\n").unwrap();
    assert!(readme.contains(said), "{said}");
}
