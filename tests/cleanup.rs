//! Which images go, and that no other does.

mod planner;
