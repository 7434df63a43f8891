//! Tags that go, and manifests that stay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dockside::oci::Digest;
use dockside::oci::media_type::OCI_MANIFEST;
use serde_json::json;

use super::run;
use crate::support::http::{HttpServer, Reply, Step};
use crate::support::job::text;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::repository::Repository;
use crate::support::scripted_registry::{Behaviour, Deletes, Fault, Kind, ScriptedRegistry, When};
use crate::support::wait::until;
use crate::support::zot::{self, Zot};
use crate::support::{dockside, go_program, installed, signal};

/// Removes tags of a registry that begins with `v1` and `sibling` of one image and `only` of
/// another.
fn tags_go_and_manifests_stay(host: &str) {
    let app = Repository { host, name: "app" };
    let image = app.image(Some("v1"), "one");
    app.tag(&image, "sibling");
    let only = app.image(Some("only"), "only");
    app.index(Some("multi"), &[only.on("linux", "amd64")]);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/app");
    let tags = ["v1", "only", "none"].map(|tag| format!("{name}:{tag}"));
    let [v1, alone, none] = &tags;

    let (code, output, said) = run(home.path(), &["untag", v1, none, "--dry-run"]);
    let gone = format!("dockside: note: {none} is already gone\n");
    let expected = format!("would untag {v1}\n");
    assert_eq!((code, output, &said), (0, expected, &gone));
    assert_eq!(app.named("v1").as_ref(), Some(&image.digest));

    let (code, output, said) = run(home.path(), &["untag", v1, alone, none]);
    let expected = format!("untagged {v1}\nuntagged {alone}\n");
    assert_eq!((code, output, &said), (0, expected, &gone));
    assert_eq!(app.named("v1"), None);
    assert_eq!(app.named("only"), None);
    assert_eq!(app.named("sibling").as_ref(), Some(&image.digest));
    for digest in [image.digest, only.digest] {
        assert_eq!(app.named(&digest).as_ref(), Some(&digest));
    }

    let (code, output, _) = run(home.path(), &["untag", v1, "--output", "json"]);
    let expected = format!(
        "{{\"results\": [\n{}\n]}}\n",
        json!({"target": v1, "outcome": "gone"})
    );
    assert_eq!((code, output), (0, expected));
}

#[test]
fn distribution_3_removes_tags() {
    if go_program(PROGRAM_3).is_none() {
        return;
    }
    let registry = Options::default().version3().start();
    tags_go_and_manifests_stay(registry.host());

    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let home = tempfile::tempdir().unwrap();
    registry.new_requests(0);
    let tag = format!("{}/app:v1", registry.host());
    assert_eq!(run(home.path(), &["untag", &tag]).0, 0);
    assert_eq!(
        registry.new_requests(4),
        [
            "GET /v2/ 200".to_owned(),
            "GET /v2/app/manifests/v1 200".to_owned(),
            "DELETE /v2/app/manifests/v1 202".to_owned(),
            format!("HEAD /v2/app/manifests/{} 200", image.digest),
        ]
    );
}

#[test]
fn zot_removes_tags() {
    if go_program(zot::PROGRAM).is_some() {
        tags_go_and_manifests_stay(Zot::start().host());
    }
}

#[test]
fn distribution_2_removes_an_empty_image_in_place_of_the_tag() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    tags_go_and_manifests_stay(registry.host());

    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let docker = app.docker_image(Some("v1"), "docker");
    let home = tempfile::tempdir().unwrap();
    registry.new_requests(0);
    let tag = format!("{}/app:v1", registry.host());
    assert_eq!(run(home.path(), &["untag", &tag]).0, 0);
    let requests = registry.new_requests(10);
    let kinds: Vec<String> = requests.iter().skip(1).map(|one| kind(one)).collect();
    assert_eq!(
        kinds,
        [
            "GET manifests 200",
            "DELETE manifests 400",
            "DELETE manifests 404",
            "POST blobs 202",
            "PUT blobs 201",
            "PUT manifests 201",
            "HEAD manifests 200",
            "DELETE manifests 202",
            "HEAD manifests 200",
        ]
    );
    assert_eq!(app.named("v1"), None);
    assert_eq!(app.named(&docker.digest), Some(docker.digest));
}

/// Method, kind of thing, and status of a request.
fn kind(request: &str) -> String {
    let words: Vec<&str> = request.split([' ', '/']).collect();
    format!("{} {} {}", words[0], words[4], words[words.len() - 1])
}

#[test]
fn where_nothing_can_be_deleted_nothing_changes() {
    if !installed(PROGRAM) || go_program(PROGRAM_3).is_none() {
        return;
    }
    for options in [Options::default(), Options::default().version3()] {
        let registry = options.without_deletes().start();
        let app = Repository {
            host: registry.host(),
            name: "app",
        };
        let image = app.image(Some("v1"), "one");
        let home = tempfile::tempdir().unwrap();
        let tag = format!("{}/app:v1", registry.host());
        registry.new_requests(0);
        for command in ["untag", "delete"] {
            let (code, output, said) = run(home.path(), &[command, &tag]);
            let expected = format!(
                "dockside: error: {}/app: this registry cannot delete anything\n\
                 dockside: hint: deletion is switched off there (in distribution it is \
                 `storage.delete.enabled`), or it only mirrors another registry\n",
                registry.host()
            );
            assert_eq!((code, output, said), (1, String::new(), expected));
        }
        let changes = registry.new_requests(3);
        let changes = changes
            .iter()
            .filter(|one| one.ends_with(" 201") || one.ends_with(" 202"));
        assert_eq!(changes.count(), 0);
        assert_eq!(app.named("v1"), Some(image.digest));
    }
}

/// The k-th request fails, for every k: the tag names what it named, or is gone, and nothing else
/// has changed.
#[test]
fn no_failure_leaves_the_empty_image() {
    let image = br#"{"schemaVersion":2,"layers":[]}"#;
    let home = tempfile::tempdir().unwrap();
    let refusal = || Fault::status(403, "DENIED");
    for (fault, whole) in [
        (refusal(), false),
        (Fault::DropAfter, true),
        (Fault::Drop, true),
    ] {
        for k in 1.. {
            let registry = ScriptedRegistry::start(Behaviour {
                deletes: Deletes::Digests,
                ..Behaviour::default()
            });
            let digest = registry.put_manifest("app", "v1", OCI_MANIFEST, image);
            registry.put_manifest("app", "sibling", OCI_MANIFEST, image);
            registry.fault(When::request(k), fault.clone());
            let tag = format!("{}/app:v1", registry.host());
            let (code, _, said) = run(home.path(), &["untag", &tag]);
            let happened = registry.requests().len() >= k;
            let named = |tag: &str| registry.manifest("app", tag).map(|(_, bytes)| bytes);
            let what = format!("{fault:?} {k}: {said}");
            assert_eq!(named("sibling").as_deref(), Some(&image[..]), "{what}");
            assert_eq!(named(&digest).as_deref(), Some(&image[..]), "{what}");
            // Nobody can cancel an upload whose address was lost on the way.
            let lost = matches!(fault, Fault::DropAfter) && registry.count(Kind::StartUpload) > 1;
            assert_eq!(registry.open_uploads(), usize::from(lost), "{what}");
            match named("v1") {
                None => {}
                Some(bytes) => {
                    assert_eq!(bytes, image, "{what}");
                    assert_ne!(code, 0, "{what}");
                }
            }
            if whole || !happened {
                assert_eq!(code, 0, "{what}");
            }
            if !happened {
                break;
            }
        }
    }
}

/// Neither can the empty image be removed, nor the tag be put back.
#[test]
fn a_tag_that_cannot_be_put_back_is_named() {
    let image = br#"{"schemaVersion":2,"layers":[]}"#;
    let registry = ScriptedRegistry::start(Behaviour {
        deletes: Deletes::Digests,
        ..Behaviour::default()
    });
    let digest = registry.put_manifest("app", "v1", OCI_MANIFEST, image);
    // The third deletion is that of the empty image, the second PUT the one that puts back.
    let refusal = |what| Fault::status(403, what);
    registry.fault(When::nth(Kind::DeleteManifest, 3), refusal("DENIED"));
    registry.fault(When::nth(Kind::PutManifest, 2), refusal("DENIED"));
    let home = tempfile::tempdir().unwrap();
    let tag = format!("{}/app:v1", registry.host());
    let (code, output, said) = run(home.path(), &["untag", &tag]);
    assert_eq!((code, output.as_str()), (1, ""));
    let message =
        format!("dockside: error: {tag} names an empty image now: it could not be put back");
    assert!(said.starts_with(&message), "{said}");
    let hint = format!(
        "dockside: hint: when the registry answers again, name {digest} with `dockside tag`\n"
    );
    assert!(said.ends_with(&hint), "{said}");
}

#[test]
fn only_written_tags_are_removed() {
    let home = tempfile::tempdir().unwrap();
    let digest = format!("sha256:{}", "a".repeat(64));
    for (reference, reason) in [
        ("127.0.0.1:1/app".to_owned(), "names no tag"),
        (
            format!("127.0.0.1:1/app@{digest}"),
            "names a manifest by its digest, which is no tag",
        ),
    ] {
        let (code, output, said) = run(home.path(), &["untag", "127.0.0.1:1/app:v1", &reference]);
        assert_eq!((code, output.as_str()), (2, ""));
        let message = format!("dockside: error: `{reference}` {reason}\n");
        assert!(said.starts_with(&message), "{said}");
    }
}

/// A step that has begun is finished after a signal, and no other is begun.
#[test]
fn a_signal_waits_for_the_step() {
    let manifest = r#"{"schemaVersion":2,"layers":[]}"#;
    let digest = Digest::of(manifest.as_bytes()).to_string();
    let signalled = Arc::new(AtomicBool::new(false));
    let sent = Arc::clone(&signalled);
    let server = HttpServer::start(None, move |request| {
        if request.method == "DELETE" {
            until("the signal", || sent.load(Ordering::SeqCst));
            // It has been taken notice of before there is an answer.
            std::thread::sleep(Duration::from_secs(1));
            return Reply::new(202).into();
        }
        let found = Reply::new(200)
            .header("Docker-Content-Digest", &digest)
            .header("Content-Type", OCI_MANIFEST);
        match request.method.as_str() {
            "GET" => found.body(manifest).into(),
            _ => found.into(),
        }
    });
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", server.host());
    let mut command = dockside(home.path());
    command.args(["untag", "--jobs", "1"]);
    command.args([format!("{name}:a"), format!("{name}:b")]);
    let is_deleting = || server.seen().iter().any(|one| one.starts_with("DELETE "));
    let output = signal::run(command, is_deleting, |process| {
        signal::send("TERM", process);
        signalled.store(true, Ordering::SeqCst);
    });
    assert_eq!(text(&output.stdout), format!("untagged {name}:a\n"));
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: error: {name}:b was not begun: the process was told to stop\n\
             dockside: error: stopped by SIGTERM\n"
        )
    );
    assert_eq!(output.status.code(), Some(143));
}

/// It may have gone with its last tag.
#[test]
fn a_manifest_that_cannot_be_asked_for_is_put_back() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let manifest = br#"{"schemaVersion":2,"layers":[]}"#;
    let digest = registry.put_manifest("app", "v1", OCI_MANIFEST, manifest);
    registry.fault(
        When::every(Kind::HeadManifest),
        Fault::status(500, "UNKNOWN"),
    );
    let home = tempfile::tempdir().unwrap();
    let tag = format!("{}/app:v1", registry.host());
    let (code, output, said) = run(home.path(), &["untag", "--retry-timeout", "0", &tag]);
    let expected = format!("untagged {tag}\n");
    assert_eq!((code, output, said.as_str()), (0, expected, ""));
    let last = registry.requests().pop().unwrap();
    let expected = format!("/v2/app/manifests/{digest}");
    assert_eq!((last.method.as_str(), last.path), ("PUT", expected));
}

/// The tag may name the empty image then.
#[test]
fn a_step_that_is_broken_off_is_named() {
    let server = HttpServer::start(None, |_| Step::Stall);
    let home = tempfile::tempdir().unwrap();
    let tag = format!("{}/app:v1", server.host());
    let mut command = dockside(home.path());
    command.args(["untag", "--repo-container-registry", "default", &tag]);
    let output = signal::send_when(command, "TERM", || !server.seen().is_empty());
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: note: {tag} was being removed: look at what it names now\n\
             dockside: error: stopped by SIGTERM\n"
        )
    );
    assert_eq!(output.status.code(), Some(143));
}
