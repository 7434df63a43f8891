//! Emulators of brands: what each does differently, by its vendor's description.

pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod zot;
