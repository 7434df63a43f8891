//! Signals in the middle of the work.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::tools;
use crate::support::client::ask;
use crate::support::dockside;
use crate::support::go_program;
use crate::support::job::text;
use crate::support::layout::{Layout, noise};
use crate::support::registry::{Options, PROGRAM_3, Registry};
use crate::support::slow::Slow;

/// A megabyte takes three minutes; a request of a few headers, no time.
const BYTES_PER_SECOND: usize = 5_000;

fn start(home: &Path, arguments: &[&str]) -> Child {
    let mut command = dockside(home);
    command.args(arguments).current_dir(home);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until the registry has logged such a request.
fn wait_for(registry: &Registry, request: impl Fn(&str) -> bool) {
    let started = Instant::now();
    while !registry.requests(0).iter().any(|found| request(found)) {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{}",
            registry.log()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal; the exit code, and standard error.
fn stop(child: Child, signal: &str) -> (Option<i32>, String) {
    // In the middle of what comes after the last request.
    std::thread::sleep(Duration::from_millis(300));
    let kill = Command::new("kill")
        .args(["-s", signal])
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), "");
    (output.status.code(), text(&output.stderr))
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
    let slow = Slow::to(registry.host(), BYTES_PER_SECOND);
    let target = format!("{}/app:v1", slow.host());
    let child = start(
        home.path(),
        &["push", &layout.image_argument("v1"), &target],
    );
    wait_for(&registry, |request| {
        request.starts_with("POST /v2/app/blobs/uploads/")
    });
    let expected = "dockside: error: stopped by an interrupt\n".to_owned();
    assert_eq!(stop(child, "INT"), (Some(130), expected));
    wait_for(&registry, |request| {
        request.starts_with("DELETE /v2/app/blobs/uploads/") && request.ends_with(" 204")
    });
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
    let child = start(
        home.path(),
        &["push", &layout.image_argument("v1"), &target],
    );
    wait_for(&registry, |request| request.starts_with("POST /v2/app/"));
    std::thread::sleep(Duration::from_secs(1));
    let expected = "dockside: error: stopped by an interrupt\n".to_owned();
    assert_eq!(stop(child, "INT"), (Some(130), expected));
    wait_for(&registry, |request| {
        request.starts_with("DELETE /v2/app/blobs/uploads/") && request.ends_with(" 204")
    });
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
    let source = format!("{}/app:v1", registry.host());
    super::done(
        home.path(),
        &["push", &layout.image_argument("v1"), &source],
    );

    let slow = Slow::to(registry.host(), BYTES_PER_SECOND);
    let source = format!("{}/app:v1", slow.host());
    let place = home.path().join("place");
    fs::create_dir(&place).unwrap();
    for target in [
        "oci-archive:place/a.tar",
        "docker-archive:place/d.tar",
        "oci:place/layout",
    ] {
        registry.new_requests(0);
        let child = start(home.path(), &["pull", &source, target]);
        let blobs = |request: &str| request.starts_with("GET /v2/app/blobs/");
        // The config has come; the layer is on its way.
        wait_for(&registry, blobs);
        let expected = "dockside: error: stopped by SIGTERM\n".to_owned();
        assert_eq!(stop(child, "TERM"), (Some(143), expected));
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
