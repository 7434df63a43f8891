//! YAML files (JSON is YAML, too), read so that every mistake is found where it is.

mod reader;
mod section;
mod tree;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub(super) use reader::pattern;
pub(super) use section::Section;
pub(super) use tree::{Node, Value, parse};

use super::error::Error;

/// More bytes than any policy has; a keep list of a hundred thousand tags is shorter.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A whole file, of bounded length.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    let failed = |error| Error::Read(path.to_owned(), error);
    let file = File::open(path).map_err(failed)?;
    let mut text = String::new();
    let mut bounded = file.take(MAX_BYTES as u64 + 1);
    bounded.read_to_string(&mut text).map_err(failed)?;
    match text.len() > MAX_BYTES {
        true => Err(Error::TooLong(path.to_owned(), MAX_BYTES)),
        false => Ok(text),
    }
}
