//! `cleanup` and `purge`: what is kept, what goes, and what is said of it.

mod report;
