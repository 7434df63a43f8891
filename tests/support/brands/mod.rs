//! Emulators of brands: what each does differently, by its vendor's description.

pub mod ecr;
pub mod gitea;
pub mod zot;
