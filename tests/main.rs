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

mod support;

mod ci;
mod ci_env;
mod docker_config;
mod examples;
mod host_cleanup;
mod job_logins;
mod life_cycle;
mod login;
mod login_command;
mod moving;
mod outputs;
mod readme;
mod refusals;
mod runners;
mod servers;
mod shell;
mod signals;
mod werf_parity;
