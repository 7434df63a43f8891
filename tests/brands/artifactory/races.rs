//! Tags that somebody pushes anew while they are being removed.

use dockside::oci::Digest;

use super::{APP, Bench};
use crate::brands::library::told;
use crate::oci;

/// A bench where `v1` and `v2` name one manifest, and its digest. `tag` is pushed anew right after
/// the first request of a method.
fn racing(method: &'static str, tag: &'static str, queries: bool) -> (Bench, String) {
    let bench = Bench::start();
    let digest = bench.push("v1", "one");
    {
        let mut state = bench.artifactory.lock().unwrap();
        state.store.tag(APP, &digest, "v2");
        state.queries = queries;
        state.push_after = Some((method, APP, tag));
    }
    (bench, digest)
}

/// The requests that remove something.
fn deletes(bench: &Bench) -> Vec<String> {
    let mut deletes = bench.rest();
    deletes.retain(|line| line.starts_with("DELETE"));
    deletes
}

#[test]
fn untag_leaves_a_tag_that_was_pushed_anew() {
    for queries in [true, false] {
        let (bench, digest) = racing("POST", "v1", queries);
        let error = oci::run(bench.brand().untag(&"v1".parse().unwrap())).unwrap_err();
        let expected = format!(
            "{}:v1 was pushed anew while it was being removed, and stays",
            bench.name()
        );
        assert_eq!(told(error).0, expected);
        assert_eq!(deletes(&bench), [""; 0]);
        let store = &bench.artifactory.lock().unwrap().store;
        assert_eq!(store.tags(APP), ["v1", "v2"]);
        assert_ne!(store.digest(APP, "v1"), Some(digest.clone()));
        assert_eq!(store.digest(APP, "v2"), Some(digest));
    }
}

#[test]
fn delete_leaves_a_tag_that_was_pushed_anew() {
    for queries in [true, false] {
        let (bench, digest) = racing("DELETE", "v2", queries);
        let parsed: Digest = digest.parse().unwrap();
        assert!(oci::run(bench.brand().delete(&parsed)).unwrap());
        assert_eq!(deletes(&bench), ["DELETE images/team/app/v1 204"]);
        assert_eq!(bench.tags(), ["v2"]);
        assert!(!bench.has(&digest));
        let store = &bench.artifactory.lock().unwrap().store;
        assert!(store.digest(APP, "v2").is_some());
    }
}
