//! What it costs to start the program and to prepare a job: `cargo bench`.
//!
//! All commands run in turn, one of each a round, so that a drift of the machine's speed meets
//! all of them alike: compare figures of one run only. `cargo bench -- 500` makes 500 rounds.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot measure has nothing else to do than say so"
)]

mod case;
mod registry;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use case::{Case, cases};
use registry::{Registry, Scheme};

/// What the program promises to need above the floor when there is nothing to log in to, in
/// milliseconds.
const TARGET: f64 = 3.0;

fn main() {
    let rounds = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(200);
    let home = tempfile::tempdir().unwrap();
    about();
    times(home.path(), rounds);
    requests(home.path());
    instructions(home.path());
}

/// When and where the figures were made.
fn about() {
    let date = Command::new("date").arg("+%Y-%m-%d").output().unwrap();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = || {
        processors
            .lines()
            .filter(|line| line.starts_with("model name"))
    };
    let model = models().next().and_then(|line| line.split(": ").nth(1));
    println!(
        "{}, Linux {}, {} x {}\n",
        String::from_utf8_lossy(&date.stdout).trim(),
        kernel.trim(),
        models().count(),
        model.unwrap_or("unknown processor"),
    );
}

/// The wall time of every command, against the floor.
fn times(home: &Path, rounds: usize) {
    let registry = Registry::start(Scheme::Basic);
    let cases = cases(home, registry.address());
    let mut samples = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..rounds + 3 {
        for (case, samples) in cases.iter().zip(&mut samples) {
            let time = case.run(round);
            // The first rounds fill caches, and make the directory that later ones find.
            if round >= 3 {
                samples.push(time);
            }
        }
    }
    let medians: Vec<f64> = samples.into_iter().map(median).collect();
    let floor = *medians.first().unwrap();
    println!(
        "{:<44} {:>9} {:>9} {:>7}  target",
        "median of wall time", "ms", "above", "ratio"
    );
    for (Case { name, promised, .. }, time) in cases.iter().zip(medians) {
        let above = time - floor;
        let verdict = match promised {
            false => String::new(),
            true if above <= TARGET => format!("at most {TARGET} above: met"),
            true => format!("at most {TARGET} above: MISSED"),
        };
        println!(
            "{name:<44} {time:>9.2} {above:>9.2} {:>7.1}  {verdict}",
            time / floor
        );
    }
    println!("({rounds} rounds)\n");
}

fn median(mut samples: Vec<Duration>) -> f64 {
    samples.sort_unstable();
    let middle = samples.get(samples.len() / 2).expect("at least one round");
    middle.as_secs_f64() * 1000.0
}

/// The requests that one login makes.
fn requests(home: &Path) {
    println!("requests of one login (target: 2 each where the scheme is not known before)");
    for scheme in [Scheme::Basic, Scheme::Bearer] {
        let registry = Registry::start(scheme);
        let case = Case::login(home, registry.address());
        case.run(0);
        let seen = registry.requests();
        println!("{scheme:?}: {} requests: {}", seen.len(), seen.join(", "));
    }
    println!();
}

/// The instructions of every command of ours: exact, where times are not.
fn instructions(home: &Path) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("(valgrind is not installed: no instructions are counted)");
        return;
    }
    println!("{:<44} {:>9}", "instructions (callgrind)", "million");
    let registry = Registry::start(Scheme::Basic);
    for case in cases(home, registry.address()) {
        if case.ours {
            case.run(0);
            println!("{:<44} {:>9.2}", case.name, case.instructions());
        }
    }
}
