//! Backups in a registry.

use std::time::Duration;

use dockside::cleanup::apply::{Backup, Options, fetch, undo};
use dockside::env::Env;
use dockside::oci::{Options as Settings, Registries, Remote};
use dockside::report::Report;

use super::apply::stage::{Stage, options, servers, words};
use crate::support::client::ask;
use crate::support::repository::Repository;

fn remote(host: &str) -> Remote {
    let options = Settings {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 4,
        retry_timeout: Duration::ZERO,
    };
    let env = Env::from_iter([("HOME", "/nowhere")]);
    let registries = Registries::new(&options, &env, Report::default());
    registries
        .at(&format!("{host}/backup").parse().unwrap())
        .unwrap()
}

#[test]
fn artifacts_bring_everything_back() {
    for server in servers() {
        let stage = Stage::new(&server, "app");
        let tag: dockside::oci::Tag = "monday".parse().unwrap();
        let options = Options {
            backup: Some(Backup::Registry(remote(&stage.host), tag.clone())),
            ..options()
        };
        let outcomes = stage.run(&options, None).unwrap().unwrap();
        assert_eq!(words(&outcomes), vec!["done"; 13]);
        assert!(!stage.is_there(&stage.child));
        let accept = ["Accept: application/vnd.oci.image.manifest.v1+json"];
        let artifact = ask(&stage.host, "GET /v2/backup/manifests/monday", &accept, b"");
        let artifact: serde_json::Value = serde_json::from_slice(&artifact.body).unwrap();
        assert_eq!(
            artifact["artifactType"],
            "application/vnd.dockside.backup.v1+json"
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let restored = runtime.block_on(async {
            let brand = stage.brand().await;
            let home = tempfile::tempdir().unwrap();
            let remote = remote(&stage.host);
            fetch(&remote, &tag, home.path()).await.unwrap();
            undo(&*brand, home.path()).await.unwrap()
        });
        for one in &restored {
            assert!(one.outcome.is_ok(), "{one:?}");
        }
        assert!(stage.is_there(&stage.child));
        let old8 = stage.here().named("old8");
        assert_eq!(old8, Some(stage.doomed.digest.clone()));
        assert!(stage.here().named("old-index").is_some());
    }
}

#[test]
fn no_backup_is_no_success() {
    for server in servers() {
        let stage = Stage::new(&server, "app");
        let there = Repository {
            host: &stage.host,
            name: "backup",
        };
        there.image(Some("other"), "no backup");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for tag in ["none", "other"] {
            let failure = runtime.block_on(async {
                let home = tempfile::tempdir().unwrap();
                let tag = tag.parse().unwrap();
                fetch(&remote(&stage.host), &tag, home.path())
                    .await
                    .unwrap_err()
            });
            let expected = format!("{}/backup:{tag} has no backup", stage.host);
            assert_eq!(failure.message(), expected);
        }
    }
}
