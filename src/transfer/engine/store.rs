//! One blob on its way into a layout or archive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::join;

use super::blocking::blocking;
use super::content::Watched;
use super::source::Source;
use crate::oci::{Chunks, Content as _, Descriptor, ReadError, Verifier};
use crate::transfer::error::Error;
use crate::transfer::local::{BlobWriter, Writer};

/// How much is collected before it is written, in bytes: enough that system calls do not count,
/// little enough for as many blobs at once as there are jobs.
const BATCH: usize = 64 * 1024;

/// How long the writing of a batch takes that the system cannot keep in memory, at least: hashed
/// and copied into memory it is in a tenth of this.
const SLOW: Duration = Duration::from_millis(2);

/// Stores a blob. What comes meanwhile waits in the connection.
pub(super) async fn store(
    writer: Arc<dyn Writer>,
    blob: &Descriptor,
    source: &Source,
    content: &Watched,
) -> Result<(), Error> {
    let mut chunks = content.open(0).await?;
    // What comes from a registry is checked on its way.
    let check = matches!(source, Source::File(_));
    let verifier = check.then(|| Verifier::new(blob.digest.clone(), Some(blob.size)));
    let (descriptor, source) = (blob.clone(), source.clone());
    let open = blocking(move || {
        Ok(Storing {
            file: writer.blob(&descriptor)?,
            source,
            verifier,
            is_slow: true,
        })
    });
    let (opened, first) = join(open, batch(&mut chunks)).await;
    let (mut storing, mut next) = (opened?, first?);
    while !next.is_empty() {
        storing = match storing.is_slow {
            true => blocking(move || storing.write(next)).await?,
            // Another thread would cost more than the writing.
            false => storing.write(next)?,
        };
        next = batch(&mut chunks).await?;
    }
    blocking(move || storing.commit()).await
}

/// The next pieces; none at the end.
async fn batch(chunks: &mut Chunks) -> Result<Vec<Bytes>, ReadError> {
    let (mut pieces, mut length) = (Vec::new(), 0);
    while length < BATCH {
        let Some(piece) = chunks.next().await else {
            break;
        };
        let piece = piece?;
        if !piece.is_empty() {
            length += piece.len();
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

/// A file that is being written.
struct Storing {
    file: Box<dyn BlobWriter>,
    source: Source,
    verifier: Option<Verifier>,
    /// Whether the last batch had to be waited for.
    is_slow: bool,
}

impl Storing {
    fn write(mut self, pieces: Vec<Bytes>) -> Result<Self, Error> {
        let began = Instant::now();
        for piece in pieces {
            if let Some(verifier) = &mut self.verifier {
                let checked = verifier.update(&piece);
                checked.map_err(|mismatch| self.source.damaged(mismatch))?;
            }
            self.file.write(&piece)?;
        }
        self.is_slow = began.elapsed() > SLOW;
        Ok(self)
    }

    fn commit(self) -> Result<(), Error> {
        if let Some(verifier) = self.verifier {
            let checked = verifier.finish();
            checked.map_err(|mismatch| self.source.damaged(mismatch))?;
        }
        self.file.commit()
    }
}
