//! Cleaning repositories up: what is seen, what is decided, what is done.

mod apply;
mod backup;
mod git;
mod in_use;
mod inventory;
mod report;
mod scene;
