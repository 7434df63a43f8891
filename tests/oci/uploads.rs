//! Blobs on their way out.

use dockside::oci::{Error, Remote, Started};

use crate::support::scripted_registry::{
    Behaviour, Fault, Kind, Location, Mounts, ScriptedRegistry, When,
};

use super::content::Memory;
use super::{at, open, registries, run, told};

/// Uploads a blob as the engine does.
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

/// Methods, statuses, and how many bytes came.
fn steps(registry: &ScriptedRegistry) -> Vec<String> {
    let requests = registry.requests();
    let step = requests.iter().map(|seen| {
        let status = seen
            .status
            .map_or("-".to_owned(), |status| status.to_string());
        format!("{} {status} {}", seen.method, seen.body)
    });
    step.collect()
}

fn has(registry: &ScriptedRegistry, blob: &Memory) -> bool {
    let digest = blob.descriptor().digest.to_string();
    registry.blob("a", &digest).as_deref() == Some(blob.bytes()) && registry.open_uploads() == 0
}

#[test]
fn a_blob_takes_two_requests_and_one_when_it_is_there() {
    for location in [Location::Absolute, Location::Relative, Location::Query] {
        let registry = ScriptedRegistry::start(Behaviour {
            location,
            ..Behaviour::default()
        });
        let remote = open(&registry.host(), "a");
        let (blob, empty) = (Memory::sized(300_000), Memory::new(""));
        run(async {
            push(&remote, &blob).await.unwrap();
            push(&remote, &blob).await.unwrap();
            push(&remote, &empty).await.unwrap();
        });
        assert!(has(&registry, &blob) && has(&registry, &empty));
        assert_eq!(
            steps(&registry),
            [
                "POST 202 0",
                "PUT 201 300000",
                "POST 201 0",
                "POST 202 0",
                "PUT 201 0"
            ]
        );
        assert_eq!(blob.opened(), [0]);
    }
}

#[test]
fn mounts_that_are_not_made_are_uploads() {
    for (mounts, posts) in [
        (Mounts::Taken, vec!["POST 201 0"]),
        (Mounts::Own, vec!["POST 202 0"]),
        (Mounts::Ignored, vec!["POST 202 0"]),
        (Mounts::Refused(400), vec!["POST 400 0", "POST 202 0"]),
        (Mounts::Refused(403), vec!["POST 403 0", "POST 202 0"]),
        (Mounts::Refused(404), vec!["POST 404 0", "POST 202 0"]),
        (Mounts::Refused(405), vec!["POST 405 0", "POST 202 0"]),
    ] {
        let registry = ScriptedRegistry::start(Behaviour {
            mounts,
            ..Behaviour::default()
        });
        let blob = Memory::sized(10);
        registry.put_blob("base", blob.bytes());
        let home = tempfile::tempdir().unwrap();
        let registries = registries(home.path());
        let remote = at(&registries, &registry.host(), "a");
        let base = at(&registries, &registry.host(), "base");
        assert!(remote.is_beside(&base));
        run(async {
            let digest = blob.descriptor().digest;
            let started = remote
                .start_upload(&digest, base.repository())
                .await
                .unwrap();
            assert_eq!(steps(&registry), posts, "{mounts:?}");
            if let Started::Open(upload) = started {
                remote
                    .upload(upload, &blob.descriptor(), &blob)
                    .await
                    .unwrap();
            }
        });
        assert!(has(&registry, &blob));
    }
}

#[test]
fn what_was_lost_on_the_way_is_sent_again() {
    let large = 3_000_000;
    for (fault, steps_after_post) in [
        // Nothing arrived: another upload, since this one says nothing of itself.
        (
            Fault::Drop,
            vec![
                "PUT - 0",
                "GET 204 0",
                "HEAD 404 0",
                "POST 202 0",
                "DELETE 204 0",
                "PUT 201 3000000",
            ],
        ),
        // Some of it did: the rest, as a chunk.
        (
            Fault::DropBody(1_000_000),
            vec![
                "PUT - 1000000",
                "GET 204 0",
                "PATCH 202 2000000",
                "PUT 201 0",
            ],
        ),
        // All of it did, but not the answer.
        (
            Fault::DropAfter,
            vec!["PUT - 3000000", "GET 404 0", "HEAD 200 0"],
        ),
        (
            Fault::LoseUploads,
            vec![
                "PUT 404 3000000",
                "HEAD 404 0",
                "POST 202 0",
                "DELETE 404 0",
                "PUT 201 3000000",
            ],
        ),
    ] {
        let registry = ScriptedRegistry::start(Behaviour::default());
        let remote = open(&registry.host(), "a");
        let blob = Memory::sized(large);
        registry.fault(When::nth(Kind::PutUpload, 1), fault.clone());
        run(push(&remote, &blob)).unwrap();
        assert!(has(&registry, &blob));
        assert_eq!(steps(&registry)[1..], steps_after_post, "{fault:?}");
    }
}

#[test]
fn a_busy_registry_is_waited_for() {
    for status in [429, 500, 502, 503, 504] {
        let registry = ScriptedRegistry::start(Behaviour::default());
        let remote = open(&registry.host(), "a");
        let blob = Memory::sized(100_000);
        registry.fault(When::nth(Kind::StartUpload, 1), Fault::status(status, "X"));
        registry.fault(When::nth(Kind::PutUpload, 1), Fault::status(status, "X"));
        run(push(&remote, &blob)).unwrap();
        assert!(has(&registry, &blob), "{status}");
    }
}

#[test]
fn large_bodies_go_in_chunks_where_they_are_refused() {
    let registry = ScriptedRegistry::start(Behaviour {
        longest_body: Some(1_000_000),
        location: Location::Query,
        ..Behaviour::default()
    });
    let remote = open(&registry.host(), "a");
    let blob = Memory::sized(3_000_000);
    run(push(&remote, &blob)).unwrap();
    assert!(has(&registry, &blob));
    let patches = |registry: &ScriptedRegistry| {
        let requests = registry.requests();
        let patches = requests
            .iter()
            .filter(|seen| seen.kind == Kind::PatchUpload);
        let ranges = patches.map(|seen| seen.header("content-range").unwrap().to_owned());
        ranges.collect::<Vec<_>>()
    };
    assert_eq!(
        patches(&registry),
        [
            "0-749999",
            "750000-1499999",
            "1500000-2249999",
            "2250000-2999999"
        ]
    );
    // One reading for the refused request, one for all chunks.
    assert_eq!(blob.opened(), [0, 0]);

    let chunked = ScriptedRegistry::start(Behaviour {
        shortest_chunk: Some(1_200_000),
        ..Behaviour::default()
    });
    let remote = open(&chunked.host(), "a").chunked(1_000_000);
    let blob = Memory::sized(3_000_000);
    run(push(&remote, &blob)).unwrap();
    assert!(has(&chunked, &blob));
    assert_eq!(
        patches(&chunked),
        ["0-1199999", "1200000-2399999", "2400000-2999999"]
    );
    assert_eq!(blob.opened(), [0]);

    let stubborn = ScriptedRegistry::start(Behaviour {
        longest_body: Some(1000),
        ..Behaviour::default()
    });
    let remote = open(&stubborn.host(), "a");
    let (_, hint) = told(run(push(&remote, &Memory::sized(600_000))).unwrap_err());
    assert_eq!(
        hint,
        "the registry, or a proxy before it, does not take content of this size: its limit must \
         be raised"
    );
    assert_eq!(stubborn.open_uploads(), 0);
}

#[test]
fn a_corrupt_source_is_explained_and_not_sent_again() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let (blob, other) = (Memory::sized(1000), Memory::new(vec![0; 1000]));
    let error = run(async {
        let upload = remote.open_upload().await.unwrap();
        remote.upload(upload, &blob.descriptor(), &other).await
    });
    let (message, hint) = told(error.unwrap_err());
    let digest = blob.descriptor().digest;
    let about = format!(
        "{}/a: blob {digest}: what was sent is not what its digest says",
        registry.host()
    );
    assert!(message.starts_with(&about), "{message}");
    assert_eq!(hint, "the source is damaged: make it anew, or get it again");
    assert_eq!(registry.count(Kind::PutUpload), 1);
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn content_that_cannot_be_read_ends_the_upload() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let (blob, short) = (Memory::sized(300_000), Memory::sized(200_000));
    let error = run(async {
        let upload = remote.open_upload().await.unwrap();
        remote.upload(upload, &blob.descriptor(), &short).await
    });
    let (message, _) = told(error.unwrap_err());
    let digest = blob.descriptor().digest;
    let about = format!("blob {digest}: {digest} has 200000 bytes in place of 300000");
    assert!(message.ends_with(&about), "{message}");
    assert_eq!(registry.open_uploads(), 0);
    assert_eq!(registry.blob("a", &digest.to_string()), None);
}

#[test]
fn uploads_that_are_not_used_are_given_up() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let registries = registries(home.path());
    let remote = at(&registries, &registry.host(), "a");
    run(async {
        let upload = remote.open_upload().await.unwrap();
        remote.cancel(upload).await;
        assert_eq!(registry.open_uploads(), 0);

        drop(remote.open_upload().await.unwrap());
        while registry.open_uploads() > 0 {
            tokio::task::yield_now().await;
        }

        let (_one, _two) = (remote.open_upload().await, remote.open_upload().await);
        assert_eq!(registry.open_uploads(), 2);
        registries.cancel_uploads().await;
        assert_eq!(registry.open_uploads(), 0);
    });
}
