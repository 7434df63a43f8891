//! What is wrong, and how the process ends because of it.

use super::{run, tools};
use crate::support::client::NOBODY;
use crate::support::installed;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::{Options, Registry};

/// Exit code, standard output and standard error.
fn ended(home: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(home, arguments);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output.status.code(), stdout, stderr)
}

#[test]
fn arguments_that_make_no_sense() {
    let home = tempfile::tempdir().unwrap();
    for (line, message) in [
        ("push oci:x", "no reference to push to is given"),
        ("push oci:x oci:y", "oci:y is not in a registry"),
        (
            "push nothing localhost:1/a",
            "there is no file or directory nothing",
        ),
        (
            "push oci:x localhost:1/a:v1 localhost:1/a:v1",
            "localhost:1/a:v1 is a target twice",
        ),
        (
            "push --tag v1 a=oci:x",
            "no repository for the named images is given",
        ),
        (
            "pull localhost:1/a localhost:1/b",
            "localhost:1/b is neither a layout nor an archive",
        ),
        ("pull oci:x oci:y", "oci:x is not in a registry"),
        (
            "pull localhost:1/a localhost:1/b oci:y:v1",
            "oci:y:v1 is one name for 2 images",
        ),
        ("copy localhost:1/a", "localhost:1/a has no target"),
        ("copy localhost:1/a oci:", "`oci:` names no file"),
        (
            "copy --all-tags localhost:1/a:v1 oci:x",
            "localhost:1/a:v1 is one image",
        ),
        (
            "copy --all-tags localhost:1/a oci:x:v1",
            "oci:x:v1 is one image",
        ),
        (
            "copy --all-tags localhost:1/a localhost:1/c localhost:1/b localhost:1/c",
            "localhost:1/c is a target twice",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let (code, stdout, stderr) = ended(home.path(), &words);
        let first = stderr.lines().next().unwrap_or_default();
        assert_eq!(first, format!("dockside: error: {message}"), "{line}");
        assert!(stderr.contains("\ndockside: hint: "), "{line}: {stderr}");
        assert_eq!((code, &*stdout), (Some(2), ""), "{line}");
    }
}

#[test]
fn some_of_the_images() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let host = registry.host();
    let mut layout = Layout::create(home.path().join("layout"));
    let image = layout.image("v1", &[b"one"]);
    let (there, missing) = (layout.image_argument("v1"), layout.image_argument("v2"));
    let (a, b, c) = (
        format!("{host}/a:v1"),
        format!("{host}/b:v1"),
        format!("{host}/c:v1"),
    );

    let copy = ["copy", "--quiet", &missing, &b, &there, &a];
    let (code, stdout, stderr) = ended(home.path(), &copy);
    assert_eq!((code, stdout), (Some(5), format!("{a} {image} written\n")));
    let errors: Vec<&str> = stderr.lines().collect();
    assert!(
        errors[0].starts_with(&format!("dockside: error: cannot move {missing} to {b}: ")),
        "{stderr}"
    );
    assert_eq!(
        errors.last(),
        Some(&"dockside: error: 1 of 2 images were not moved")
    );

    let copy = ["copy", "--quiet", &missing, &b, &missing, &c];
    let (code, stdout, stderr) = ended(home.path(), &copy);
    assert_eq!((code, &*stdout), (Some(1), ""));
    assert!(
        stderr.ends_with("dockside: error: 2 of 2 images were not moved\n"),
        "{stderr}"
    );
}

#[test]
fn a_registry_that_lets_nobody_in() {
    if !tools() || !installed("htpasswd") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Options::default().htpasswd("user", "secret").start();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[b"one"]);
    let target = format!("{}/app:v1", registry.host());
    let source = layout.image_argument("v1");
    let (code, stdout, stderr) = ended(home.path(), &["push", "--quiet", &source, &target]);
    assert_eq!((code, &*stdout), (Some(4), ""), "{stderr}");
    let (code, stdout, stderr) = ended(home.path(), &["pull", "--quiet", &target, "oci:x"]);
    assert_eq!((code, &*stdout), (Some(4), ""), "{stderr}");
}

#[test]
fn a_registry_that_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[b"one"]);
    let target = format!("{NOBODY}/app:v1");
    let source = layout.image_argument("v1");
    let push = ["push", "--quiet", "--retry-timeout", "0", &source, &target];
    let (code, stdout, stderr) = ended(home.path(), &push);
    assert_eq!((code, &*stdout), (Some(1), ""), "{stderr}");
    assert!(
        stderr.starts_with(&format!(
            "dockside: error: cannot move {source} to {target}: "
        )),
        "{stderr}"
    );
}
