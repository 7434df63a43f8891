//! What Artifactory refuses.

use super::{Bench, READER};
use crate::brands::library::log_in;

#[test]
fn untag_of_what_may_not_be() {
    let bench = Bench::start();
    bench.push("v1", "one");
    bench.push("v2", "one");
    let tag = format!("{}:v1", bench.name());
    bench
        .artifactory
        .lock()
        .unwrap()
        .repositories
        .insert("images".to_owned(), "virtual");
    let expected = format!(
        "dockside: error: {}: this registry cannot remove anything: it is a virtual or remote \
         repository\n\
         dockside: hint: name the local repository that has the image\n",
        bench.name()
    );
    assert_eq!(bench.run(&["untag", &tag]), (1, String::new(), expected));
    bench
        .artifactory
        .lock()
        .unwrap()
        .repositories
        .insert("images".to_owned(), "local");
    log_in(bench.home.path(), &bench.local.host(), READER);
    let expected = format!(
        "dockside: error: {tag}: Artifactory does not allow this (status 403): Forbidden\n\
         dockside: hint: this needs the permission to delete in the repository\n"
    );
    assert_eq!(bench.run(&["untag", &tag]), (4, String::new(), expected));
    assert_eq!(bench.tags(), ["v1", "v2"]);
}
