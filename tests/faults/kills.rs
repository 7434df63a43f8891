//! Kills at any moment.
