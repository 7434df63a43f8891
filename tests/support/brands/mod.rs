//! Emulators of brands, one a file.

pub mod artifactory;
pub mod harbor;
pub mod nexus;
