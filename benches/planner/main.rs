//! What it costs to judge a repository and to plan: `cargo bench --bench planner`.
//!
//! A fifth as many manifests as tags; a tenth of these are indexes with four children; five blobs
//! each, of which two are shared by ten. Half of the tags go. Each size runs in a process of its
//! own, so that its memory is its own; a number as the argument chooses one size.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot measure has nothing else to do than say so"
)]

mod repository;
mod rules;

use std::fs;
use std::process::Command;
use std::time::Instant;

use dockside::cleanup::plan::{self, Plan};
use dockside::cleanup::{Scope, evaluate};
use dockside::oci::Digest;

/// How many tags.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// What the planner promises for the largest, in seconds of processor time and in MB.
const TARGET: (f64, u64) = (4.0, 400);

fn main() {
    if let Some(tags) = std::env::args().find_map(|argument| argument.parse().ok()) {
        one(tags);
        return;
    }
    println!("   tags  graph s  judge s   plan s  processor s  us/tag  peak MB  steps");
    let program = std::env::current_exe().unwrap();
    for tags in SIZES {
        let status = Command::new(&program).arg(tags.to_string()).status();
        assert!(status.unwrap().success());
    }
    let (seconds, memory) = TARGET;
    println!("(target for 1000000 tags: at most {seconds} s of processor time, {memory} MB)");
}

fn one(tags: usize) {
    let mut times = Vec::new();
    let mut start = Instant::now();
    let mut lap = || times.push(std::mem::replace(&mut start, Instant::now()).elapsed());
    let graph = repository::graph(tags);
    lap();
    let rules = rules::typical();
    let evaluation = evaluate(&graph, &rules, &Scope::default(), repository::now());
    assert_eq!(evaluation.wanted, []);
    lap();
    let plan = Plan::make(graph, evaluation, Digest::of(b""));
    plan::judge(&plan, &rules::limits()).unwrap();
    lap();
    let processor = processor();
    let seconds = times.iter().map(|time| time.as_secs_f64());
    let seconds: Vec<String> = seconds.map(|time| format!("{time:8.3}")).collect();
    println!(
        "{tags:>7} {} {processor:>12.2} {:>7.2} {:>8} {:>6}",
        seconds.join(" "),
        processor * 1e6 / tags as f64,
        memory() * 1024 / 1_000_000,
        plan.steps.len(),
    );
}

/// The processor time of this process, in seconds (proc(5): utime and stime, in ticks of 10 ms).
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    ticks as f64 / 100.0
}

/// The most memory that this process ever had, in kB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}
