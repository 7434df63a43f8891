//! Whole-program tests, one module a topic.

mod support;
