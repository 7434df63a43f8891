//! `push`, `pull` and `copy`: the whole program with real registries, and real tools that write
//! what it reads and read what it wrote.

mod copy;
mod progress;
mod pull;
mod push;
mod refusals;
mod stops;

use std::path::Path;
use std::process::{Command, Output};

use crate::support::job::text;
use crate::support::layout::hex;
use crate::support::registry::PROGRAM;
use crate::support::{dockside, installed};

/// Whether there is what nearly all of these tests need.
fn tools() -> bool {
    installed(PROGRAM) && installed("skopeo")
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    dockside(home).args(arguments).output().unwrap()
}

/// Standard output of a run that did what it was asked.
fn done(home: &Path, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    text(&output.stdout)
}

/// Runs skopeo, for hosts without TLS; its standard output.
fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let (command, rest) = arguments.split_first().unwrap();
    let mut skopeo = Command::new("skopeo");
    skopeo.arg("--insecure-policy").arg(command);
    match *command {
        "copy" => skopeo.args(["--src-tls-verify=false", "--dest-tls-verify=false"]),
        _ => skopeo.arg("--tls-verify=false"),
    };
    let output = skopeo.args(rest).output().unwrap();
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output.stdout
}

/// The digest of what skopeo finds at a place as it writes places: `docker://...`, `oci:...`.
fn digest(place: &str) -> String {
    format!("sha256:{}", hex(&skopeo(&["inspect", "--raw", place])))
}

/// The digest at a reference.
fn remote_digest(reference: &str) -> String {
    digest(&format!("docker://{reference}"))
}
