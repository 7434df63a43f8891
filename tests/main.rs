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

mod access;
mod brands;
mod ci;
mod ci_env;
mod cleanup;
mod corpus;
mod credential;
mod deploy;
mod docker_config;
mod doctor;
mod engine;
mod examples;
mod faults;
mod host_cleanup;
mod http;
mod inspect;
mod interop;
mod job_logins;
mod life_cycle;
mod local;
mod login;
mod login_command;
mod moving;
mod oci;
mod oidc;
mod outputs;
mod properties;
mod readme;
mod reference;
mod refusals;
mod removing;
mod runners;
mod servers;
mod shell;
mod signals;
mod tagging;
mod tags;
mod werf_parity;
