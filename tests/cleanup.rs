//! Cleaning repositories up.

mod git;
mod in_use;
mod report;
