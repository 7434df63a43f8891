//! Cleaning repositories up.

mod apply;
mod audit;
mod commands;
mod git;
mod in_use;
mod inventory;
mod plan_file;
mod planner;
mod report;
mod scene;
