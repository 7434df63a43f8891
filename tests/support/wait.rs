//! Waiting for what happens sooner or later.

use std::time::{Duration, Instant};

/// How long a busy machine may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether it has happened.
const POLL: Duration = Duration::from_millis(10);

/// Waits until `happened`. It must happen.
pub fn until(what: &str, happened: impl Fn() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(POLL);
    }
}
