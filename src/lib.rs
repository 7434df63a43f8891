//! What a CI job needs from container registries: a docker config directory of its own, logins
//! that no other job can disturb, exports that no hostile value can turn into code, and images
//! that are pushed, pulled, copied, tagged, inspected and deleted, every byte of them checked.
//!
//! The modules are rooms, listed from the top down; each may use the ones below it only.
//!
//! - [`cli`]: the commands, one file or directory each.
//! - [`doctor`]: what is wrong with a job's access to registries, and what to change.
//! - [`cleanup`]: which images of a repository are kept, and how the others are removed.
//! - [`deploy`]: what a cluster needs to pull images, and to pull the same ones again.
//! - [`transfer`]: images between registries, layouts and archives.
//! - [`registry`]: what one brand of registry does differently.
//! - [`oci`]: the distribution protocol and its types.
//! - [`auth`]: which credentials a registry gets, and the tokens they are exchanged for.
//! - [`docker`]: docker config directories, of the user and of the job.
//! - [`ci`]: which CI system runs this job, and what it says about it.
//! - [`shell`]: values in the languages of shells and CI systems.
//! - [`cluster`]: clusters of Kubernetes, and how they are asked.
//! - [`http`]: one client for all requests.
//! - [`address`], [`duration`], [`mod@env`], [`error`], [`pattern`], [`report`], [`secret`], [`size`],
//!   [`text`]: used by all of them.

pub mod cli;

pub mod doctor;

pub mod cleanup;

pub mod deploy;

pub mod transfer;

pub mod registry;

pub mod oci;

pub mod auth;

pub mod docker;

pub mod ci;

pub mod shell;

pub mod cluster;

pub mod http;

pub mod address;
pub mod duration;
pub mod env;
pub mod error;
pub mod pattern;
pub mod report;
pub mod secret;
pub mod size;
mod subprocess;
pub mod text;
