//! Emulators of brands: what each does differently, by its vendor's description.

pub mod acr;
pub mod gitea;
pub mod jwt;
pub mod zot;
