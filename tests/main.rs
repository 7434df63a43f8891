//! Whole-program tests, one module a topic.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that panics has failed, which is its purpose"
)]

#[allow(dead_code, reason = "until the first topic uses all of it")]
mod support;

mod examples;
mod runners;
