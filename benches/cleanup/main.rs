//! What cleaning up costs: `cargo bench --bench cleanup [inventory|sweep]`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that panics has failed"
)]

mod client;
mod inventory;
mod limit;
mod server;
mod sweep;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let named: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if named.is_empty() || named.contains(&"inventory") {
        inventory::run();
    }
    if named.is_empty() || named.contains(&"sweep") {
        sweep::run();
    }
}
