//! The registries that other tests use are what they take them for.

mod clients;
mod descriptions;
mod faults;
mod real;
mod scripted;
mod tokens;
mod vendor;
