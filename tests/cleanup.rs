//! Cleaning repositories up.

mod inventory;
mod scene;
