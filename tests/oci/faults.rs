//! For each operation, each fault and each k: when the k-th request goes wrong, the result is
//! complete and right, or the error is clear and nothing wrong is left.

use std::time::Duration;

use dockside::env::Env;
use dockside::oci::{Error, Options, Registries, Remote, Started};
use dockside::report::Report;
use futures_util::future::join_all;

use crate::support::scripted_registry::{Behaviour, Fault, ScriptedRegistry, When};

use super::content::{Memory, read};
use super::{at, manifest, open, run, tag, told};

/// What may go wrong with any request, and whether that has to be got over.
fn faults() -> Vec<(Fault, bool)> {
    let upload_unknown = Fault::status(404, "BLOB_UPLOAD_UNKNOWN");
    vec![
        (Fault::Drop, true),
        (Fault::DropAfter, true),
        (Fault::DropBody(70_000), true),
        (Fault::Truncate(3), true),
        (Fault::LoseUploads, true),
        (Fault::status(500, "UNKNOWN"), true),
        (Fault::status(503, "UNAVAILABLE"), true),
        (Fault::status(429, "TOOMANYREQUESTS"), true),
        (upload_unknown, false),
        (Fault::status(400, "BLOB_UPLOAD_INVALID"), false),
        (Fault::status(403, "DENIED"), false),
        (Fault::status(418, "TEAPOT"), false),
        (Fault::Corrupt, false),
        (Fault::Header("location", None), false),
        (
            Fault::Header("location", Some("http://203.0.113.1/x".into())),
            false,
        ),
        (Fault::Header("range", Some("0-9999999".into())), true),
        (Fault::Header("content-type", None), true),
    ]
}

async fn push(remote: &Remote, blob: &Memory) -> Result<(), Error> {
    let descriptor = blob.descriptor();
    match remote
        .start_upload(&descriptor.digest, remote.repository())
        .await?
    {
        Started::Present => {}
        Started::Open(upload) => remote.upload(upload, &descriptor, blob).await?,
    }
    remote.put_manifest(&tag("v1"), &manifest("{}")).await?;
    Ok(())
}

/// A push whose `k`-th request goes wrong.
async fn push_with(fault: Fault, has_to_work: bool, k: usize, chunk: Option<u64>) {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let mut remote = open(&registry.host(), "a");
    if let Some(bytes) = chunk {
        remote = remote.chunked(bytes);
    }
    let blob = Memory::sized(100_000);
    registry.fault(When::request(k), fault.clone());
    let outcome = push(&remote, &blob).await;
    let seen = registry.seen();
    let case = format!("{fault:?} at {k}, chunks {chunk:?}: {seen:?}");
    match outcome {
        Ok(()) => {
            let digest = blob.descriptor().digest.to_string();
            let found = registry.blob("a", &digest);
            assert!(found.as_deref() == Some(blob.bytes()), "{case}");
            assert_eq!(registry.tags("a"), ["v1"], "{case}");
        }
        Err(error) => {
            let (message, _) = told(error);
            assert!(!has_to_work, "{case}: {message}");
            assert!(message.contains(&registry.host()), "{case}: {message}");
        }
    }
    // One that was opened by a request whose answer was lost is nobody's.
    assert!(registry.open_uploads() <= 1, "{case}");
}

#[test]
fn pushes_end_well_or_clearly() {
    let mut cases = Vec::new();
    for (fault, has_to_work) in faults() {
        for k in 1..=3 {
            cases.push(push_with(fault.clone(), has_to_work, k, None));
        }
        for k in 1..=5 {
            cases.push(push_with(fault.clone(), has_to_work, k, Some(50_000)));
        }
    }
    run(join_all(cases));
}

/// A pull whose `k`-th request goes wrong.
async fn pull_with(fault: Fault, has_to_work: bool, k: usize) {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let blob = Memory::sized(100_000);
    registry.put_blob("a", blob.bytes());
    let image = manifest("{}");
    registry.put_manifest("a", "v1", image.media_type(), image.bytes());
    registry.fault(When::request(k), fault.clone());
    let case = format!("{fault:?} at {k}");
    match remote.manifest(&tag("v1")).await {
        Ok(Some(found)) => assert_eq!(found.bytes(), image.bytes(), "{case}"),
        Ok(None) => assert!(!has_to_work, "{case}"),
        Err(error) => assert!(!has_to_work, "{case}: {}", told(error).0),
    }
    let (bytes, error) = read(&remote.blob(&blob.descriptor()), 0).await;
    match error {
        None => assert!(bytes == blob.bytes(), "{case}"),
        Some(_) => assert!(!has_to_work && bytes.len() < blob.bytes().len(), "{case}"),
    }
}

#[test]
fn pulls_end_well_or_clearly() {
    let faults = faults().into_iter();
    let faults = faults.chain([(Fault::Header("content-length", None), false)]);
    let cases = faults
        .flat_map(|(fault, has_to_work)| [1, 2].map(|k| pull_with(fault.clone(), has_to_work, k)));
    run(join_all(cases));
}

#[test]
fn what_the_server_said_last_is_told() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        docker_config: Some(home.path().to_owned()),
        insecure: Vec::new(),
        jobs: 1,
        retry_timeout: Duration::ZERO,
    };
    let env = Env::from_iter([("HOME", "/nonexistent")]);
    let registries = Registries::new(&options, &env, Report::default());
    let remote = at(&registries, &registry.host(), "a");
    let body = r#"{"errors":[{"code":"UNAVAILABLE","message":"closed for repairs"}]}"#;
    registry.fault(
        When::request(1),
        Fault::Answer {
            status: 503,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        },
    );
    let ended = "the server answered 503 Service Unavailable: closed for repairs";
    run(async {
        let got = remote.manifest(&tag("v1")).await.unwrap_err();
        let (message, _) = told(got);
        assert!(message.ends_with(ended), "{message}");
    });
}
