//! Cleaning repositories up: what is seen, what is decided, what is done.

mod apply;
mod inventory;
mod scene;
