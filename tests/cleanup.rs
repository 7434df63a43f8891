//! Which images go, and that no other does.

mod plan_file;
mod planner;
