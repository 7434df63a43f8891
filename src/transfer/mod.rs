//! Moving images between registries, layouts and archives, byte for byte.
//!
//! A [`Place`] is what the user wrote. [`local`] reads and writes OCI layouts, archives of them
//! and what `docker save` makes. [`Engine`] moves any number of images at once: one pool of
//! workers, each blob read and sent once.

mod engine;
mod error;
pub mod local;
mod memory;
mod place;
mod progress;

pub use engine::{Engine, Expectation, Image, Look, Moved, Outcome, Wishes};
pub use error::Error;
pub use memory::memory_directory;
pub use place::{BadPlace, Place};
pub use progress::{Event, Progress};
