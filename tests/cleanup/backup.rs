//! Backups in a registry.

use std::time::Duration;

use dockside::cleanup::apply::{Backup, Options, fetch, undo};
use dockside::env::Env;
use dockside::oci::{Options as Settings, Registries, Remote};
use dockside::report::Report;

use super::apply::servers::servers;
use super::apply::stage::{STEPS, Stage, block_on, options, words};
use crate::support::client::ask;
use crate::support::repository::Repository;

/// A repository for backups beside that of a stage.
fn remote(stage: &Stage) -> Remote {
    let options = Settings {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 4,
        retry_timeout: Duration::ZERO,
    };
    let env = Env::from_iter([("HOME", "/nowhere")]);
    let registries = Registries::new(&options, &env, Report::default());
    registries
        .at(&format!("{}/{}", stage.host, backup(stage)).parse().unwrap())
        .unwrap()
}

fn backup(stage: &Stage) -> String {
    format!("{}-backup", stage.name)
}

#[test]
fn artifacts_bring_everything_back() {
    for server in &*servers() {
        let stage = Stage::new(server);
        let tag: dockside::oci::Tag = "monday".parse().unwrap();
        let options = Options {
            backup: Some(Backup::Registry(remote(&stage), tag.clone())),
            ..options()
        };
        let outcomes = stage.run(&options).unwrap().outcomes;
        assert_eq!(words(&outcomes), ["done"; STEPS]);
        // zot collects by itself what has no tag.
        let is_there = stage.is_there(&stage.child);
        assert_eq!(is_there, server.brand() == "zot", "{}", server.brand());
        let accept = ["Accept: application/vnd.oci.image.manifest.v1+json"];
        let artifact = ask(
            &stage.host,
            &format!("GET /v2/{}/manifests/monday", backup(&stage)),
            &accept,
            b"",
        );
        let artifact: serde_json::Value = serde_json::from_slice(&artifact.body).unwrap();
        assert_eq!(
            artifact["artifactType"],
            "application/vnd.dockside.backup.v1+json"
        );
        let restored = block_on(async {
            let brand = stage.brand().await;
            let home = tempfile::tempdir().unwrap();
            fetch(&remote(&stage), &tag, home.path()).await.unwrap();
            undo(&*brand, home.path()).await.unwrap()
        });
        for one in &restored {
            assert!(one.outcome.is_ok(), "{one:?}");
        }
        assert!(stage.is_there(&stage.child));
        let old2 = stage.here().named("old2");
        assert_eq!(old2, Some(stage.doomed.digest.clone()));
        assert!(stage.here().named("old-index").is_some());
    }
}

#[test]
fn no_backup_is_no_success() {
    for server in &*servers() {
        let stage = Stage::new(server);
        let name = backup(&stage);
        let there = Repository {
            host: &stage.host,
            name: &name,
        };
        there.image(Some("other"), "no backup");
        for tag in ["none", "other"] {
            let failure = block_on(async {
                let home = tempfile::tempdir().unwrap();
                let tag = tag.parse().unwrap();
                fetch(&remote(&stage), &tag, home.path()).await.unwrap_err()
            });
            let expected = format!("{}/{name}:{tag} has no backup", stage.host);
            assert_eq!(failure.message(), expected);
        }
    }
}
