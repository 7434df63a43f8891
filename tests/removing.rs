//! `untag` and `delete`: what is removed, and what is not.

mod delete;
mod untag;

use std::path::Path;

use crate::support::dockside;
use crate::support::job::text;

/// Exit code, standard output and standard error.
fn run(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = dockside(home).args(words).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
