//! The registries that other tests use are what they take them for.

mod real;
