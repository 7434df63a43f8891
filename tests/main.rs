//! Whole-program tests, one module a topic.

#[allow(dead_code)] // until the first topic uses it
mod support;
