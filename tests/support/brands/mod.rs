//! Emulators of brands: what each does differently, by its vendor's description.

pub mod acr;
pub mod artifactory;
pub mod dockerhub;
pub mod ecr;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod google;
pub mod harbor;
pub mod jwt;
pub mod nexus;
pub mod quay;
pub mod zot;
