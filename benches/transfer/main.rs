//! What it costs to move images, beside crane, skopeo and regctl, as far as they are installed:
//! `cargo bench --bench transfer`.
//!
//! All tools do the same work in turn, so that a drift of the machine's speed meets all of them
//! alike: compare figures of one row only. Requests are counted in the registry's log and are
//! exact. `cargo bench --bench transfer -- counts latency bulk` chooses parts; a number says how
//! many rounds.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot measure has nothing else to do than say so"
)]

mod image;
mod latency;
mod process;
mod server;
mod table;
mod tool;
mod work;

use std::process::Command;

use table::Table;
use work::{Bench, Network, Row};

/// A part: a few tables, made with so many rounds.
type Part = fn(&Bench, usize);

/// The parts, by name.
const PARTS: [(&str, Part); 5] = [
    ("counts", counts),
    ("latency", latency),
    ("loopback", loopback),
    ("bulk", bulk),
    ("tags", tags),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok());
    let chosen = |part: &str| {
        let named = PARTS
            .iter()
            .any(|(name, _)| arguments.iter().any(|a| a == name));
        !named || arguments.iter().any(|argument| argument == part)
    };
    about();
    let bench = Bench::new();
    for (name, part) in PARTS {
        if chosen(name) {
            part(&bench, rounds.unwrap_or(5));
        }
    }
}

/// When and where the figures were made, and of which tools.
fn about() {
    let date = Command::new("date").arg("+%Y-%m-%d").output().unwrap();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{}, Linux {}, {cores} cores\n",
        String::from_utf8_lossy(&date.stdout).trim(),
        kernel.trim(),
    );
    for tool in tool::installed() {
        println!("{}", tool.about());
    }
    println!();
}

/// Requests, which are exact, on the registry without latency.
fn counts(bench: &Bench, _: usize) {
    for version in server::versions() {
        let setting = bench.setting(version, Network::Plain);
        let mut table = Table::new(&format!("Requests, {}", version.name()), "requests");
        for row in Row::COUNTED {
            table.add(row.name(), bench.measure(&setting, row, 1).requests());
        }
        table.print();
    }
}

/// Wall time over TLS when each round trip costs 40 ms.
fn latency(bench: &Bench, rounds: usize) {
    let setting = bench.setting(server::best(), Network::Latency);
    let title = "Wall time over TLS, 40 ms a round trip, distribution 3";
    times(bench, &setting, title, &Row::TIMED, rounds);
}

/// Wall time, processor time and memory without latency, on plain HTTP and TLS.
fn loopback(bench: &Bench, rounds: usize) {
    for (network, name) in [(Network::Plain, "plain HTTP"), (Network::Tls, "TLS")] {
        let setting = bench.setting(server::best(), network);
        let title = format!("Loopback, {name}, distribution 3");
        times(bench, &setting, &title, &Row::TIMED, rounds);
    }
}

/// 4 x 256 MiB, on plain HTTP and TLS.
fn bulk(bench: &Bench, rounds: usize) {
    for (network, name) in [(Network::Plain, "plain HTTP"), (Network::Tls, "TLS")] {
        let setting = bench.setting(server::best(), network);
        let title = format!("1 GiB in 4 blobs, {name}, distribution 3");
        times(bench, &setting, &title, &Row::BULK, rounds.min(3));
    }
}

/// Lists of 20,000 tags.
fn tags(bench: &Bench, rounds: usize) {
    for version in server::versions() {
        let setting = bench.setting(version, Network::Plain);
        let title = format!("20,000 tags, {}", version.name());
        times(bench, &setting, &title, &[Row::Tags], rounds);
    }
}

fn times(bench: &Bench, setting: &work::Setting, title: &str, rows: &[Row], rounds: usize) {
    let mut wall = Table::new(title, "ms");
    let mut processor = Table::new(title, "ms of client processor time");
    let mut memory = Table::new(title, "MiB of client memory, peak");
    for &row in rows {
        let measured = bench.measure(setting, row, rounds);
        wall.add(row.name(), measured.wall());
        processor.add(row.name(), measured.processor());
        memory.add(row.name(), measured.memory());
    }
    wall.print();
    processor.print();
    memory.print();
}
