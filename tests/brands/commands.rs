//! Commands that every brand is asked for in the same way.

use std::path::Path;

use super::run;
use crate::support::layout::Layout;
use crate::support::vendor::Store;
use dockside::oci::media_type::OCI_MANIFEST;

/// What a command did: exit code, standard output and standard error.
pub type Done = (i32, String, String);

/// What a command that did it said.
pub fn done(output: &str) -> Done {
    (0, output.to_owned(), String::new())
}

/// Logs in at a registry, with the password in a file.
pub fn login(
    home: &Path,
    environment: &[(String, String)],
    registry: &str,
    (user, password): (&str, &str),
) -> Done {
    let file = home.join("password");
    std::fs::write(&file, password).unwrap();
    let file = file.to_str().unwrap();
    let words = ["login", "-u", user, "--password-file", file, registry];
    run(home, environment, &words)
}

/// Pushes an image as `target`, whose tag is `v1`, and pulls it again; its digest.
pub fn push_and_pull(home: &Path, run: impl Fn(&[&str]) -> Done, target: &str) -> String {
    let mut layout = Layout::create(home.join("pushed"));
    let digest = layout.image("v1", &[b"one", b"two"]);
    let source = layout.image_argument("v1");
    let pushed = run(&["push", "--quiet", &source, target]);
    assert_eq!(pushed, done(&format!("{target} {digest} written\n")));
    let copy = format!("oci:{}", home.join("pulled").display());
    let pulled = run(&["pull", "--quiet", target, &copy]);
    assert_eq!(pulled, done(&format!("{copy}:v1 {digest} written\n")));
    digest
}

/// How many tags a large repository has.
const MANY: usize = 10_000;

/// Gives a repository ten thousand images, each with a tag of its own.
pub fn fill(store: &mut Store, name: &str) {
    for number in 0..MANY {
        let manifest = format!("{{\"schemaVersion\":2,\"number\":{number}}}");
        let tag = format!("t{number:05}");
        store.put_manifest(name, Some(&tag), OCI_MANIFEST, manifest.as_bytes());
    }
}

/// That `tags --long` listed all of them with their digests.
pub fn lists_all(store: &Store, name: &str, (code, output, said): &Done) {
    assert_eq!((*code, said.as_str()), (0, ""));
    let mut listed: Vec<(&str, &str)> = output
        .lines()
        .skip(1)
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().unwrap(), words.next().unwrap())
        })
        .collect();
    listed.sort_unstable();
    let tags = &store.repository(name).unwrap().tags;
    let expected = tags
        .iter()
        .map(|(tag, one)| (tag.as_str(), one.digest.as_str()));
    assert_eq!(listed.len(), MANY);
    assert!(listed.into_iter().eq(expected));
}
