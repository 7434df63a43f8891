//! The content of blobs on its way through the engine.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use super::blocking::blocking;
use super::source::LocalFile;
use crate::oci::{Chunks, Content, Descriptor, ReadError};
use crate::transfer::error::Error;
use crate::transfer::progress::{Event, Progress};

/// How much is read from a file at a time, in bytes: enough that system calls and the change of
/// threads do not count, little enough for 24 blobs at once.
const PIECE: usize = 256 * 1024;

/// How long the reading of a piece takes that the system does not have in memory, at least: with
/// the fastest disks some tenths of a millisecond, from memory a tenth of one.
const SLOW: Duration = Duration::from_micros(500);

/// How many buffers of one blob may be on their way to the network.
const BUFFERS: usize = 2;

/// A blob of a layout or archive.
pub(super) struct Local {
    /// Where it is.
    pub(super) file: Arc<LocalFile>,
    /// Which.
    pub(super) blob: Descriptor,
}

impl Content for Local {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        Box::pin(async move {
            let (file, blob) = (Arc::clone(&self.file), self.blob.clone());
            let content = blocking(move || file.reader.blob(&blob, from)).await;
            let pieces = Pieces {
                content: content.map_err(unreadable)?,
                file: Arc::clone(&self.file),
                left: self.blob.size.saturating_sub(from),
                buffers: Vec::new(),
                is_slow: true,
            };
            let chunks = stream::try_unfold(pieces, |pieces| async move {
                if pieces.left == 0 {
                    return Ok(None);
                }
                let read = match pieces.is_slow {
                    true => blocking(move || pieces.next()).await,
                    false => pieces.next(),
                };
                read.map(Some).map_err(unreadable)
            });
            Ok(chunks.boxed())
        })
    }
}

fn unreadable(error: Error) -> ReadError {
    ReadError(Box::new(error))
}

/// A file that is read piece by piece into a few buffers, each of which is used again when the
/// network is done with it: new ones would cost more than the reading. So would another thread
/// for a piece that the system has in memory; what has to be waited for is read on one.
struct Pieces {
    content: Box<dyn Read + Send>,
    file: Arc<LocalFile>,
    left: u64,
    buffers: Vec<Bytes>,
    /// Whether the last piece had to be waited for.
    is_slow: bool,
}

impl Pieces {
    fn next(mut self) -> Result<(Bytes, Self), Error> {
        let mut buffer = self.buffer();
        let began = Instant::now();
        let length = usize::try_from(self.left).unwrap_or(usize::MAX);
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.content.read(room) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.file.unreadable(error)),
            }
        }
        self.is_slow = began.elapsed() > SLOW;
        let filled = filled.min(length);
        if filled == 0 {
            return Err(self.file.unreadable(ErrorKind::UnexpectedEof.into()));
        }
        self.left = self.left.saturating_sub(filled as u64);
        let buffer = buffer.freeze();
        let piece = buffer.slice(..filled);
        if self.buffers.len() < BUFFERS {
            self.buffers.push(buffer);
        }
        Ok((piece, self))
    }

    /// One that nobody else holds any longer, else a new one, no larger than what is left.
    fn buffer(&mut self) -> BytesMut {
        let unused = self.buffers.iter().position(Bytes::is_unique);
        let unused = unused.map(|index| self.buffers.swap_remove(index));
        let length = PIECE.min(usize::try_from(self.left).unwrap_or(PIECE));
        unused
            .and_then(|buffer| buffer.try_into_mut().ok())
            .unwrap_or_else(|| BytesMut::zeroed(length))
    }
}

/// Content of which each byte is shown to who watches, and counted.
pub(super) struct Watched {
    inner: Box<dyn Content>,
    blob: Descriptor,
    progress: Arc<dyn Progress>,
    seen: Arc<AtomicU64>,
    /// Opened before anybody asked.
    early: Mutex<Option<Result<Chunks, ReadError>>>,
}

impl Watched {
    pub(super) fn new(
        inner: Box<dyn Content>,
        blob: &Descriptor,
        progress: &Arc<dyn Progress>,
    ) -> Self {
        Self {
            inner,
            blob: blob.clone(),
            progress: Arc::clone(progress),
            seen: Arc::default(),
            early: Mutex::default(),
        }
    }

    /// Opens it for whoever will ask first.
    pub(super) async fn open_early(&self) {
        let opened = self.inner.open(0).await;
        *self.early.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    }
}

impl Content for Watched {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        Box::pin(async move {
            let early = {
                let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
                early.take().filter(|_| from == 0)
            };
            let chunks = match early {
                Some(opened) => opened,
                None => self.inner.open(from).await,
            }?;
            let seen = self.seen.swap(from, Ordering::Relaxed);
            if seen > from {
                self.progress.event(Event::Again(&self.blob, seen - from));
            }
            let (blob, progress) = (self.blob.clone(), Arc::clone(&self.progress));
            let counter = Arc::clone(&self.seen);
            let watched = chunks.inspect(move |chunk| {
                if let Ok(chunk) = chunk {
                    let count = chunk.len() as u64;
                    counter.fetch_add(count, Ordering::Relaxed);
                    progress.event(Event::Bytes(&blob, count));
                }
            });
            Ok(watched.boxed())
        })
    }
}
