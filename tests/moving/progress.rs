//! What is seen while images move slowly.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use regex::Regex;

use super::{done, run, tools};
use crate::support::job::text;
use crate::support::layout::{Layout, noise};
use crate::support::registry::Registry;
use crate::support::slow::Slow;
use crate::support::{dockside, installed, isolate};

/// A line of progress in a log.
const LINE: &str =
    r"dockside: \d+/2 blobs, [\d.]+ k?B of 6\d\d kB, [\d.]+ k?B/s(, 1 image complete)?\n";

/// The line at the end.
const SUMMARY: &str = r"dockside: 1 written; 6\d\d kB in [\d.]+ s, [\d.]+ kB/s\n";

/// Slow enough for a line, which comes after three seconds.
const BYTES_PER_SECOND: usize = 100_000;

/// A layout with an image of 600 kB.
fn large(home: &Path) -> Layout {
    let mut layout = Layout::create(home.join("layout"));
    layout.image("v1", &[&noise(1, 600_000)]);
    layout
}

/// A registry with that image, `app:v1`.
fn filled(home: &Path) -> Registry {
    let registry = Registry::open();
    let target = format!("{}/app:v1", registry.host());
    done(home, &["push", &large(home).image_argument("v1"), &target]);
    registry
}

#[test]
fn a_log_has_lines_in_a_group() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = filled(home.path());
    let slow = Slow::to(registry.host(), BYTES_PER_SECOND);
    let source = format!("{}/app:v1", slow.host());
    let start = |number: usize, environment: &[(&str, &str)]| -> Child {
        let target = format!("oci:{}/{number}", home.path().display());
        let mut command = dockside(home.path());
        command.args(["pull", &source, &target]);
        command.envs(environment.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let expected: [(&[(&str, &str)], String); 3] = [
        (&[], format!("^({LINE})+{SUMMARY}$")),
        (
            &[("GITHUB_ACTIONS", "true")],
            format!("^::group::dockside pull\n({LINE})+::endgroup::\n{SUMMARY}$"),
        ),
        (
            &[("GITLAB_CI", "true")],
            format!(
                "^\x1b\\[0Ksection_start:\\d+:dockside_pull\\[collapsed=true\\]\r\x1b\\[0K\
                 dockside pull\n({LINE})+\
                 \x1b\\[0Ksection_end:\\d+:dockside_pull\r\x1b\\[0K\n{SUMMARY}$"
            ),
        ),
    ];
    let children: Vec<Child> = expected
        .iter()
        .enumerate()
        .map(|(number, (environment, _))| start(number, environment))
        .collect();
    for (child, (_, pattern)) in children.into_iter().zip(&expected) {
        let output = child.wait_with_output().unwrap();
        let stderr = text(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        assert!(Regex::new(pattern).unwrap().is_match(&stderr), "{stderr:?}");
        assert!(text(&output.stdout).ends_with(" written\n"));
    }
}

#[test]
fn what_is_quick_has_no_progress() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let source = large(home.path()).image_argument("v1");
    let registry = Registry::open();
    let target = format!("{}/app:v1", registry.host());
    let output = run(home.path(), &["push", &source, &target]);
    let stderr = text(&output.stderr);
    let summary = r"dockside: 1 written; 6\d\d kB in ([\d.]+) s, [\d.]+ [kMG]?B/s\n$";
    let found = Regex::new(summary).unwrap().captures(&stderr);
    let found = found.unwrap_or_else(|| panic!("{stderr:?}"));
    // Every three seconds a line, on a machine that is too busy to be quick.
    let seconds: f64 = found[1].parse().unwrap();
    let lines = stderr.lines().count() - 1;
    assert!(lines as f64 <= seconds / 3.0, "{stderr:?}");
    let output = run(home.path(), &["push", "--quiet", &source, &target]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_terminal_has_bars() {
    if !tools() || !installed("script") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = filled(home.path());
    let slow = Slow::to(registry.host(), 4 * BYTES_PER_SECOND);
    let source = format!("{}/app:v1", slow.host());
    let on_terminal = |layout: &str, options: &str, term: &str| -> String {
        let program = env!("CARGO_BIN_EXE_dockside");
        let target = format!("oci:{}/{layout}", home.path().display());
        let line = format!("stty cols 120; {program} pull {options} {source} {target}");
        let mut command = Command::new("script");
        isolate(&mut command, home.path());
        let output = command
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", term)
            .output()
            .unwrap();
        let shown = text(&output.stdout);
        assert!(output.status.success(), "{shown}");
        shown
    };
    let bar = Regex::new(r"\[=*>? *\] \d/2 blobs, [\d.]+ k?B of 6\d\d kB, [\d.]+ kB/s").unwrap();
    let blob = Regex::new(r" +[\d.]+ k?B of  6\d\d kB  sha256:[0-9a-f]{64}").unwrap();

    let shown = on_terminal("bars", "", "xterm");
    assert!(bar.is_match(&shown), "{shown:?}");
    assert!(blob.is_match(&shown), "{shown:?}");
    // The bars are gone before what stays is written.
    let last = Regex::new(r"\x1b\[2K(\x1b\[\dA)?dockside: 1 written; [^\x1b]*\r\n$").unwrap();
    assert!(last.is_match(&shown), "{shown:?}");

    for (layout, options, term) in [("dumb", "", "dumb"), ("none", "--progress none", "xterm")] {
        let shown = on_terminal(layout, options, term);
        assert!(
            !shown.contains('\x1b') && !bar.is_match(&shown),
            "{shown:?}"
        );
    }
}

#[test]
fn several_images_are_counted() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut layout = large(home.path());
    layout.image("v2", &[b"two"]);
    let registry = Registry::open();
    let target = |tag: &str| format!("{}/app:{tag}", registry.host());
    let (one, two) = (layout.image_argument("v1"), layout.image_argument("v2"));
    done(home.path(), &["copy", &one, &target("v1")]);
    let copy = ["copy", &one, &target("v1"), &two, &target("v2")];
    let output = run(home.path(), &copy);
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("dockside: 1 written, 1 unchanged; "),
        "{stderr}"
    );
}
