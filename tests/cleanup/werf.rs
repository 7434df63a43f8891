//! Repositories that werf filled: written here in werf's forms, on a real registry and of real git
//! repositories, and cleaned up by the program.

mod finals;
mod git;
mod images;
mod limits;
mod order;
mod project;
mod purge;
mod records;
mod relatives;
mod reports;
mod repository;
