//! Cleaning repositories up: what is seen, what is decided, what is done.

mod apply;
mod audit;
mod backup;
mod commands;
mod git;
mod in_use;
mod inventory;
mod plan_file;
mod planner;
mod report;
mod scene;
mod werf;
mod whole;
