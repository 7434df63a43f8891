//! Tasks of Nexus that free space.

use super::{ADMIN, Bench, oci, told};

const UNUSED: &str = "repository.docker.gc";
const COMPACT: &str = "blobstore.compact";

#[test]
fn tasks_that_free_space_are_run() {
    let bench = Bench::start(90);
    bench.log_in(ADMIN);
    bench.nexus.lock().unwrap().tasks = vec![
        (COMPACT, "compact default", true),
        ("db.backup", "backup", true),
        (COMPACT, "compact old", false),
        (UNUSED, "unused images", true),
    ];
    let said = oci::run(bench.brand().collect_garbage()).unwrap().unwrap();
    let expected = "Nexus runs `unused images`, `compact default`. What the first ones find is \
                    freed when a blob store is compacted after them.";
    assert_eq!(said, expected);
    let run = bench.nexus.lock().unwrap().run.clone();
    assert_eq!(run, ["unused images", "compact default"]);
    let expected = [
        "GET tasks?type=repository.docker.gc 200",
        "GET tasks?type=blobstore.compact 200",
        "POST tasks/3/run 204",
        "POST tasks/0/run 204",
        "POST tasks/2/run 405",
    ];
    assert_eq!(bench.rest(), expected);
}

#[test]
fn what_is_missing_is_said() {
    let bench = Bench::start(90);
    let name = bench.name();
    let start = || told(oci::run(bench.brand().collect_garbage()).unwrap_err());
    let expected = format!("{name}: Nexus does not allow this (status 403)");
    let hint = "this needs the privileges nx-tasks-read and nx-tasks-run".to_owned();
    assert_eq!(start(), (expected, hint, 4));
    bench.log_in(ADMIN);
    bench.nexus.lock().unwrap().tasks = vec![(UNUSED, "unused images", true)];
    let (message, hint, _) = start();
    assert_eq!(
        message,
        format!("{name}: Nexus has no task that frees space")
    );
    let expected = "an administrator makes one under Administration, System, Tasks: `Docker - \
                    Delete unused manifests and images`, and `Admin - Compact blob store`";
    assert_eq!(hint, expected);
    assert!(bench.nexus.lock().unwrap().run.is_empty());
}
