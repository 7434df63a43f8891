//! Cleaning repositories up.

mod git;
mod in_use;
mod inventory;
mod report;
mod scene;
