//! Cleaning repositories up.

mod git;
