//! Reads an OCI layout from a directory.

use std::path::Path;

use super::super::error::Error;
use super::blobs::{Blobs, read_small};
use super::flaw::Flaw;
use super::index::{self, INDEX, OCI_LAYOUT};
use super::reader::StoreReader;
use crate::transfer::local::Entry;

/// Opens the layout in a directory.
pub(super) fn open(directory: &Path) -> Result<StoreReader<Blobs>, Error> {
    let entries = entries(directory).map_err(|flaw| flaw.of(directory))?;
    let blobs = Blobs::new(directory.to_owned());
    Ok(StoreReader::new(directory.to_owned(), blobs, entries))
}

fn entries(directory: &Path) -> Result<Vec<Entry>, Flaw> {
    if !directory.metadata()?.is_dir() {
        return Err(Flaw::shape(
            "it is no directory: archives are written oci-archive:FILE or docker-archive:FILE",
        ));
    }
    let version = read_small(&directory.join(OCI_LAYOUT))?
        .ok_or_else(|| Flaw::shape("it is no OCI layout: it has no file oci-layout"))?;
    index::check_version(&version)?;
    let index = read_small(&directory.join(INDEX))?
        .ok_or_else(|| Flaw::shape("it is no OCI layout: it has no index.json"))?;
    index::parse(&index)
}
