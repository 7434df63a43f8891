//! Nothing is wrong, and nothing is said.

use super::looking::{assert_looks, files};
use super::office::{OPEN, Office};
use super::{Machine, WELL};
use crate::brands::proof::stand::Stand;
use crate::support::job::GITLAB;
use crate::support::scripted_registry::{Behaviour, Kind, ScriptedRegistry};

/// Each brand, as somebody who may do everything there; nothing is changed.
#[test]
fn every_brand() {
    for stand in Stand::all() {
        let brand = stand.brand;
        stand.with(|store, path| store.push_image(path, Some("v1"), "words"));
        let all = || {
            (
                stand.with(|store, path| (store.tags(path), store.manifests(path).len())),
                stand.with(|store, _| (store.clock, store.repositories.len())),
                files(stand.home.path()),
            )
        };
        let before = all();
        for name in [&stand.name, &format!("{}:v1", stand.name)] {
            let said = stand.run(&["doctor", "--quiet", name, "--for", "push"]);
            let expected = (0, "all is well\n".to_owned(), String::new());
            assert_eq!(said, expected, "{brand}");
            let (code, _, stderr) = stand.run(&["doctor", "--quiet", name, "--for", "delete"]);
            assert_eq!((code, stderr.as_str()), (0, ""), "{brand}");
        }
        assert_eq!(all(), before, "{brand}");
        assert_looks(brand, stand.requests());
    }
}

#[test]
fn a_plain_machine() {
    assert_eq!(Machine::new().doctor(&[]), WELL);
}

#[test]
fn jobs() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    registry.put_manifest("group/project", "v1", "application/json", b"{}");
    let image = format!("{}/group/project", registry.host());
    let mut gitlab = GITLAB.to_vec();
    gitlab.push(("CI_REGISTRY_IMAGE", &image));
    assert_eq!(Machine::new().with(&gitlab).doctor(&[]), WELL);
    assert_eq!(registry.count(Kind::Tags), 2);

    let office = Office {
        user: ("octocat", "ghs_job"),
        ..OPEN
    };
    let network = office.open("ghcr.io");
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/app"),
        ("GITHUB_TOKEN", "ghs_job"),
    ];
    let machine = Machine::new()
        .login("ghcr.io", "octocat", "ghs_job")
        .also(network.environment())
        .with(&github);
    assert_eq!(machine.doctor(&[]), WELL);
    assert_looks("github", network.requests());
}

/// Nobody need log in to read what is public, not even where a login could be made.
#[test]
fn a_public_image() {
    let office = Office {
        public: true,
        ..OPEN
    };
    let network = office.open("public.ecr.aws");
    let machine = Machine::new()
        .also(network.environment())
        .with(&[("GITHUB_ACTIONS", "true")]);
    let said = machine.doctor(&["public.ecr.aws/acme/app:v1", "--for", "pull"]);
    assert_eq!(said, WELL);
}
