//! Emulators of brands: what each does differently, by its vendor's description.

pub mod artifactory;
pub mod gitea;
pub mod harbor;
pub mod nexus;
pub mod zot;
