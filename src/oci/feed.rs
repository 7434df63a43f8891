//! Content on its way out, by the piece and by the chunk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

use super::content::{Chunks, Content, ReadError};
use super::descriptor::Descriptor;
use super::digest::Mismatch;
use crate::error::Explain;
use crate::http::Body;

/// The content of a blob, read once from front to back as long as nothing fails; chunks of an
/// upload are cut from it.
pub(super) struct Feed(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What is left of the content, unless a request has it or lost it.
    source: Option<Source>,
    /// Why it could not be read.
    failure: Option<ReadError>,
}

struct Source {
    chunks: Chunks,
    /// What was read and belongs to the next chunk.
    ahead: Bytes,
    /// The offset of what comes next.
    at: u64,
}

/// A body that is being sent.
struct Sending {
    source: Source,
    left: u64,
    state: Arc<Mutex<State>>,
    blob: Descriptor,
}

/// Why a body ended early; what there is to say about it is in [`Feed::failure`].
#[derive(Debug, thiserror::Error)]
#[error("the content cannot be read")]
struct Unreadable;

/// The content ends before it should.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct TooShort(Mismatch);

impl Explain for TooShort {}

impl Feed {
    /// Content that is not open yet.
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// The body of a request: `length` bytes of the content from the offset `from` on. It is
    /// opened anew unless that is where it stands.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) async fn body(
        &self,
        content: &dyn Content,
        blob: &Descriptor,
        from: u64,
        length: u64,
    ) -> Result<Body, ReadError> {
        if length == 0 {
            return Ok(Body::Empty);
        }
        let standing = self.lock().source.take().filter(|source| source.at == from);
        let source = match standing {
            Some(source) => source,
            None => Source {
                chunks: content.open(from).await?,
                ahead: Bytes::new(),
                at: from,
            },
        };
        let sending = Sending {
            source,
            left: length,
            state: Arc::clone(&self.0),
            blob: blob.clone(),
        };
        let pieces = stream::unfold(Some(sending), |sending| async {
            let mut sending = sending?;
            match sending.next().await {
                Some(Ok(piece)) if sending.left == 0 => {
                    sending.put_back();
                    Some((Ok(piece), None))
                }
                Some(Ok(piece)) => Some((Ok(piece), Some(sending))),
                Some(Err(error)) => {
                    lock(&sending.state).failure = Some(error);
                    Some((Err(Unreadable.into()), None))
                }
                None => None,
            }
        });
        Ok(Body::Stream {
            length,
            pieces: Arc::new(Mutex::new(Some(pieces.boxed()))),
        })
    }

    /// Why the last body ended early, if that was why.
    pub(super) fn failure(&self) -> Option<ReadError> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sending {
    /// The next piece, not more than is left.
    async fn next(&mut self) -> Option<Result<Bytes, ReadError>> {
        if self.left == 0 {
            return None;
        }
        while self.source.ahead.is_empty() {
            match self.source.chunks.next().await {
                Some(Ok(piece)) => self.source.ahead = piece,
                Some(Err(error)) => return Some(Err(error)),
                None => return Some(Err(self.too_short())),
            }
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX);
        let ahead = &mut self.source.ahead;
        let piece = ahead.split_to(length.min(ahead.len()));
        self.left -= piece.len() as u64;
        self.source.at += piece.len() as u64;
        Some(Ok(piece))
    }

    fn too_short(&self) -> ReadError {
        ReadError(Box::new(TooShort(Mismatch::Size {
            digest: self.blob.digest.clone(),
            expected: self.blob.size,
            found: self.source.at,
        })))
    }

    /// Leaves what comes next to the next chunk.
    fn put_back(self) {
        lock(&self.state).source = Some(self.source);
    }
}
