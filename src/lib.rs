//! What a CI job needs from container registries: a docker config directory of its own,
//! logins that no other job can disturb, and exports that no hostile value can turn into code.
//!
//! The modules are rooms, listed from the top down; each may use the ones below it only.

pub mod cli;

pub mod transfer;

pub mod registry;

pub mod oci;

pub mod auth;

pub mod docker;

pub mod ci;

pub mod shell;

pub mod http;

pub mod address;
pub mod env;
pub mod error;
pub mod report;
pub mod secret;
pub mod text;
