//! Plans in files.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cleanup::plan::{self, Plan};
use crate::error::{Explain, Failure};

/// The most bytes of a file of plans: some two million steps.
const MAX_PLANS: u64 = 1 << 30;

/// A file of plans that cannot be read or written.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read the plan {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write the plan {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

impl Explain for Error {}

/// Reads plans, one for each repository.
///
/// # Errors
/// It cannot be read, or is no file of plans.
pub(super) fn read(path: &Path) -> Result<Vec<Plan>, Failure> {
    let failed = |source| Error::Read(path.to_owned(), source);
    let file = File::open(path).map_err(failed)?;
    let mut document = Vec::new();
    let read = file.take(MAX_PLANS).read_to_end(&mut document);
    if read.map_err(failed)? as u64 == MAX_PLANS {
        return Err(failed(io::ErrorKind::FileTooLarge.into()).into());
    }
    Ok(plan::read(&document)?)
}

/// Writes plans, as a whole or not at all. What was done of those that were there before is
/// forgotten.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(path: &Path, plans: &[&Plan]) -> Result<(), Failure> {
    let write = || {
        let directory = path.parent().filter(|path| *path != Path::new(""));
        let mut file = tempfile::Builder::new()
            .prefix(".dockside-plan-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))?;
        let mut out = BufWriter::new(file.as_file_mut());
        plan::write(plans, &mut out)?;
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        for at in 0..plans.len() {
            match std::fs::remove_file(journal(path, at, plans.len())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| Error::Write(path.to_owned(), source).into())
}

/// Where it is written down what has been done of a plan, which is one of so many of a file.
pub(super) fn journal(path: &Path, at: usize, count: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    match count {
        1 => name.push(".journal"),
        _ => name.push(format!(".{}.journal", at + 1)),
    }
    name.into()
}
