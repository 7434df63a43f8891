//! As whom requests are made, and how often that is asked.

use dockside::oci::{Error, Remote, Started};

use crate::support::scripted_registry::{Auth, Behaviour, Fault, Kind, ScriptedRegistry, When};

use super::content::Memory;
use super::{at, manifest, registries, run, tag, told};

fn bearer(grants: &'static [&'static str], lives: Option<usize>) -> Behaviour {
    Behaviour {
        auth: Auth::Bearer {
            username: "user",
            password: "hunter2",
            lives,
            grants,
            anonymous: true,
        },
        ..Behaviour::default()
    }
}

const ALL: &[&str] = &["pull", "push", "delete"];

/// A repository where one is `user`.
fn remote(registry: &ScriptedRegistry, home: &std::path::Path) -> Remote {
    let config = format!(
        r#"{{"auths":{{"{}":{{"username":"user","password":"hunter2"}}}}}}"#,
        registry.host()
    );
    std::fs::write(home.join("config.json"), config).unwrap();
    at(&registries(home), &registry.host(), "a")
}

async fn push(remote: &Remote, blob: &Memory) -> Result<(), Error> {
    let descriptor = blob.descriptor();
    match remote
        .start_upload(&descriptor.digest, remote.repository())
        .await?
    {
        Started::Present => Ok(()),
        Started::Open(upload) => remote.upload(upload, &descriptor, blob).await,
    }
}

#[test]
fn one_challenge_and_one_token_for_a_push() {
    let registry = ScriptedRegistry::start(bearer(ALL, None));
    let home = tempfile::tempdir().unwrap();
    let remote = remote(&registry, home.path()).writing();
    let blobs: Vec<Memory> = (0..10).map(|size| Memory::sized(1000 + size)).collect();
    run(async {
        let pushes = blobs.iter().map(|blob| push(&remote, blob));
        for pushed in futures_util::future::join_all(pushes).await {
            pushed.unwrap();
        }
        remote
            .put_manifest(&tag("v1"), &manifest("{}"))
            .await
            .unwrap();
        remote.head(&tag("v1")).await.unwrap().unwrap();
    });
    assert_eq!(registry.count(Kind::Token), 1);
    // The challenge, two requests a blob, the manifest, the look at it.
    assert_eq!(registry.requests().len(), 1 + 1 + 2 * 10 + 1 + 1);
}

/// Those that wait for a token may be given one that others use until it ends.
#[test]
fn tokens_that_end_after_twenty_requests() {
    let registry = ScriptedRegistry::start(bearer(ALL, Some(20)));
    let home = tempfile::tempdir().unwrap();
    let remote = remote(&registry, home.path()).writing();
    let v1 = tag("v1");
    run(async {
        remote.put_manifest(&v1, &manifest("{}")).await.unwrap();
        for _ in 0..25 {
            let heads = (0..8).map(|_| remote.head(&v1));
            for head in futures_util::future::join_all(heads).await {
                head.unwrap().unwrap();
            }
        }
    });
    // 201 requests that are let in, 20 by each token.
    assert_eq!(registry.count(Kind::Token), 11);
}

#[test]
fn basic_takes_one_challenge() {
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Basic {
            username: "user",
            password: "hunter2",
        },
        ..Behaviour::default()
    });
    let home = tempfile::tempdir().unwrap();
    let remote = remote(&registry, home.path());
    run(async {
        let target = tag("v1");
        let asks = (0..10).map(|_| remote.head(&target));
        for found in futures_util::future::join_all(asks).await {
            assert_eq!(found.unwrap(), None);
        }
    });
    assert_eq!(registry.requests().len(), 11);
}

#[test]
fn a_token_that_expires_in_the_middle_is_got_again() {
    for k in 1..=4 {
        let registry = ScriptedRegistry::start(bearer(ALL, None));
        let home = tempfile::tempdir().unwrap();
        let remote = remote(&registry, home.path()).writing();
        let blob = Memory::sized(100_000);
        run(async {
            remote.head(&tag("v1")).await.unwrap();
            registry.fault(When::request(k), Fault::ExpireTokens);
            push(&remote, &blob).await.unwrap();
            remote
                .put_manifest(&tag("v1"), &manifest("{}"))
                .await
                .unwrap();
        });
        let digest = blob.descriptor().digest.to_string();
        assert_eq!(registry.blob("a", &digest).as_deref(), Some(blob.bytes()));
        assert_eq!(registry.open_uploads(), 0);
    }
}

#[test]
fn too_small_a_grant_is_shown() {
    let registry = ScriptedRegistry::start(bearer(&["pull"], None));
    let home = tempfile::tempdir().unwrap();
    let remote = remote(&registry, home.path());
    let error = run(push(&remote, &Memory::sized(10))).unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
    let (message, hint) = told(error);
    assert!(
        message.contains("does not allow this (status 401)"),
        "{message}"
    );
    assert!(
        hint.starts_with("asked for repository:a:pull,push; credential: auths of "),
        "{hint}"
    );
    assert!(!format!("{message}{hint}").contains("hunter2"));
}

#[test]
fn rights_that_are_needed_are_asked_for_together() {
    let registry = ScriptedRegistry::start(bearer(ALL, None));
    let home = tempfile::tempdir().unwrap();
    let remote = remote(&registry, home.path());
    let base = format!("{}/base", registry.host()).parse().unwrap();
    let writing = remote.clone().writing().deleting().mounting_from(&base);
    run(async {
        remote.head(&tag("v1")).await.unwrap();
        writing.head(&tag("v1")).await.unwrap();
        writing
            .put_manifest(&tag("v1"), &manifest("{}"))
            .await
            .unwrap();
        assert!(writing.delete(&tag("v1")).await.unwrap());
    });
    let requests = registry.requests();
    let tokens = requests.iter().filter(|seen| seen.kind == Kind::Token);
    let scopes: Vec<Vec<String>> = tokens
        .map(|seen| {
            let query = seen.path.split_once('?').unwrap().1;
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let scopes = pairs.filter(|(name, _)| name == "scope");
            let mut scopes: Vec<String> = scopes
                .flat_map(|(_, value)| value.split(' ').map(str::to_owned).collect::<Vec<_>>())
                .collect();
            scopes.sort();
            scopes
        })
        .collect();
    assert_eq!(
        scopes,
        [
            vec!["repository:a:pull"],
            vec!["repository:a:pull,push,delete", "repository:base:pull"],
        ]
    );
}

#[test]
fn nobody_pushes_without_a_login() {
    let registry = ScriptedRegistry::start(bearer(ALL, None));
    let home = tempfile::tempdir().unwrap();
    let remote = at(&registries(home.path()), &registry.host(), "a");
    let error = run(push(&remote, &Memory::sized(10))).unwrap_err();
    assert!(matches!(error, Error::Auth(_)), "{error:?}");
    assert_eq!(registry.count(Kind::Token), 0);
    assert_eq!(run(remote.head(&tag("v1"))).unwrap(), None);
}
