//! Cleaning repositories up.

mod in_use;
