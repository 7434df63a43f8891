//! What holds for any bytes; a panic is a fault of the program. Used by the fuzz targets, and by the
//! tests that replay the corpus.

mod archive;
mod headers;
mod json;

pub use archive::archive;
pub use headers::{challenge, link};
pub use json::{docker_config, index, manifest};
