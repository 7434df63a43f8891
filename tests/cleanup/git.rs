//! What git says of images, with real repositories that the program git has made.

mod clones;
mod forges;
mod policies;
mod references;
pub mod repository;
mod ties;
