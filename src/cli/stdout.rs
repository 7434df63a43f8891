//! Results on standard output.

use std::io::{BufWriter, ErrorKind, Write};

use crate::error::Failure;

/// Writes a result to standard output.
///
/// # Errors
/// Standard output is closed or full: whoever asked did not get the result.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|source| Failure::from(CannotPrint { source }))
}

/// Writes a part of a long result, in a thread that may wait for the reader. `false` when the
/// reader has had enough (`| head`), which is no failure.
///
/// # Errors
/// Standard output is full or broken in another way.
pub(super) async fn print_part(
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send + 'static,
) -> Result<bool, Failure> {
    let written = tokio::task::spawn_blocking(move || {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        write(&mut stdout).and_then(|()| stdout.flush())
    });
    match written.await.map_err(std::io::Error::other).flatten() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(source) => Err(CannotPrint { source }.into()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
struct CannotPrint {
    source: std::io::Error,
}

impl crate::error::Explain for CannotPrint {}
