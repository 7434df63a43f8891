//! Logins that are made from a job's ID token: who is asked for what, with which words, and how
//! such logins stay alive.

mod brands;
mod buildkit;
mod ci_env;
mod exchanges;
mod forgetting;
mod issuers;
mod job;
mod login;
mod path;
mod pipelines;
mod podman;
mod quay;
mod renewal;
mod short;
mod tools;
mod wishes;
