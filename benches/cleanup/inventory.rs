//! The first look at a repository of 2,000 tags, against the plainest client, at the same server
//! and over as many connections.

use std::time::{Duration, Instant};

use dockside::cleanup::inventory::Inventory;

use super::client::open;
use super::limit;
use super::server::Server;

const TAGS: usize = 2000;

/// Some tags name the same.
const DIGESTS: usize = 400;

const RUNS: usize = 7;

/// How many times as long as the plainest client it may take.
const ALLOWED: f64 = 1.2;

pub fn run() {
    let server = Server::start(TAGS, DIGESTS);
    println!("inventory: {TAGS} tags at docker-registry, the best of {RUNS} runs");
    for jobs in [8, 24, 64] {
        let (mut least, mut ours) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            least = least.min(timed(|| limit::heads(&server.host, jobs)));
            ours = ours.min(timed(|| survey(&server.host, jobs)));
        }
        let rate = |time: Duration| TAGS as f64 / time.as_secs_f64();
        let ratio = ours.as_secs_f64() / least.as_secs_f64();
        let verdict = if ratio <= ALLOWED { "" } else { "  too slow" };
        println!(
            "{jobs:3} jobs: limit {:6.0} HEAD/s, dockside {:6.0} HEAD/s, ratio {ratio:.2}{verdict}",
            rate(least),
            rate(ours),
        );
    }
}

fn timed(work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    assert_eq!(work(), TAGS);
    start.elapsed()
}

fn survey(host: &str, jobs: usize) -> usize {
    let (runtime, brand) = open(host, jobs);
    let graph = runtime.block_on(Inventory::new(&brand, jobs, None).survey());
    graph.unwrap().names().len()
}
