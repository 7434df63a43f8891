//! Signals in the middle of the work.

use std::fs;
use std::path::Path;

use super::tools;
use crate::support::client::ask;
use crate::support::dockside;
use crate::support::go_program;
use crate::support::job::text;
use crate::support::layout::{Layout, noise};
use crate::support::registry::{Options, PROGRAM_3, Registry};
use crate::support::signal::send_when;
use crate::support::slow::Slow;

/// A megabyte takes three minutes; a request of a few headers, no time.
const BYTES_PER_SECOND: usize = 5_000;

/// Distribution 2.8 loses an upload when it has got 4 KiB of it.
const PASSED_AT_ONCE: usize = 2_000;

/// Whether the registry has logged such a request.
fn has_seen(registry: &Registry, request: impl Fn(&str) -> bool) -> bool {
    registry.requests(0).iter().any(|found| request(found))
}

/// Sends a signal to the command as soon as `ready`; the exit code, and standard error.
fn stop(
    home: &Path,
    arguments: &[&str],
    signal: &str,
    ready: impl Fn() -> bool,
) -> (Option<i32>, String) {
    let mut command = dockside(home);
    command.args(arguments).current_dir(home);
    let output = send_when(command, signal, ready);
    assert_eq!(text(&output.stdout), "");
    (output.status.code(), text(&output.stderr))
}

/// The open uploads have been given up.
fn is_cancelled(request: &str) -> bool {
    request.starts_with("DELETE /v2/app/blobs/uploads/") && request.ends_with(" 204")
}

#[test]
fn a_push_cancels_its_uploads() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[&noise(1, 1_000_000)]);
    let registry = Registry::open();
    let slow = Slow::after(registry.host(), PASSED_AT_ONCE);
    let target = format!("{}/app:v1", slow.host());
    let push = ["push", &layout.image_argument("v1"), &target];
    let ended = stop(home.path(), &push, "INT", || slow.is_slowing());
    let expected = "dockside: error: stopped by an interrupt\n".to_owned();
    assert_eq!(ended, (Some(130), expected));
    let found = registry.requests_with(|found| found.iter().any(|one| is_cancelled(one)));
    assert!(found.iter().any(|one| is_cancelled(one)), "{found:#?}");
    let tags = ask(registry.host(), "GET /v2/app/tags/list", &[], b"");
    assert_eq!(tags.status, 404, "{}", tags.text());
}

/// Distribution takes the address of an upload only until it has got more of it.
#[test]
fn a_push_gives_up_what_has_arrived() {
    if !tools() || go_program(PROGRAM_3).is_none() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[&noise(5, 100_000_000)]);
    let registry = Options::default().version3().start();
    let slow = Slow::to(registry.host(), 20_000_000);
    let target = format!("{}/app:v1", slow.host());
    let push = ["push", &layout.image_argument("v1"), &target];
    let ended = stop(home.path(), &push, "INT", || registry.arrived() > 1_000_000);
    let expected = "dockside: error: stopped by an interrupt\n".to_owned();
    assert_eq!(ended, (Some(130), expected));
    let found = registry.requests_with(|found| found.iter().any(|one| is_cancelled(one)));
    assert!(found.iter().any(|one| is_cancelled(one)), "{found:#?}");
}

#[test]
fn a_pull_leaves_nothing_half_written() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[&noise(2, 1_000_000)]);
    let registry = Registry::open();
    let slow = Slow::to(registry.host(), BYTES_PER_SECOND);
    let place = home.path().join("place");
    fs::create_dir(&place).unwrap();
    for (name, target) in [
        ("a", "oci-archive:place/a.tar"),
        ("b", "docker-archive:place/d.tar"),
        ("c", "oci:place/layout"),
    ] {
        let image = format!("{}/{name}:v1", registry.host());
        super::done(home.path(), &["push", &layout.image_argument("v1"), &image]);
        let source = format!("{}/{name}:v1", slow.host());
        // The config has come; the layer is on its way.
        let start = format!("GET /v2/{name}/blobs/");
        let has_config = || has_seen(&registry, |request| request.starts_with(&start));
        let ended = stop(home.path(), &["pull", &source, target], "TERM", has_config);
        let expected = "dockside: error: stopped by SIGTERM\n".to_owned();
        assert_eq!(ended, (Some(143), expected));
        if target.starts_with("oci:") {
            assert_eq!(named(&place.join("layout")), 0);
        } else {
            let left: Vec<_> = fs::read_dir(&place).unwrap().collect();
            assert!(left.is_empty(), "{target}: {left:?}");
        }
    }
}

/// How many images a layout names; its blobs must be what their names say.
fn named(layout: &Path) -> usize {
    for blob in fs::read_dir(layout.join("blobs/sha256"))
        .into_iter()
        .flatten()
    {
        let path = blob.unwrap().path();
        let content = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(crate::support::layout::hex(&content), name, "{path:?}");
    }
    let Ok(index) = fs::read(layout.join("index.json")) else {
        return 0;
    };
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    index["manifests"].as_array().unwrap().len()
}
