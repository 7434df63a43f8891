//! What holds for any input: what is written is read again, nothing panics, and what is long takes
//! time in proportion (300,000 signs, whose square would take minutes).

mod headers;
mod manifests;
mod references;

use proptest::test_runner::Config;

/// The default, without files of what failed: proptest prints it.
fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}

/// Long inputs of nothing but these pieces.
fn long(pieces: &[&str]) -> impl Iterator<Item = String> {
    let mut all: Vec<String> = Vec::new();
    for first in pieces {
        for second in pieces {
            let piece = format!("{first}{second}");
            all.push(piece.repeat(300_000 / piece.len()));
        }
    }
    all.into_iter()
}
