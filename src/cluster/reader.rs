//! JSON read while it comes, so that an answer of any size takes little memory.

use std::io::{self, BufReader, Read};
use std::time::Duration;

use futures_util::io::{AsyncRead, AsyncReadExt as _};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

use super::Cause;
use crate::text::printable;

/// How much is read at once: a record of TLS.
const PIECE: usize = 16 * 1024;

/// How many pieces may wait for the parser.
const WAITING: usize = 4;

/// Reads a document from a body of which something comes at least every `limit`.
pub(super) async fn read<T: DeserializeOwned + Send + 'static>(
    body: impl AsyncRead,
    limit: Duration,
) -> Result<T, Cause> {
    let mut body = std::pin::pin!(body);
    let (sender, receiver) = mpsc::channel(WAITING);
    let parsing = tokio::task::spawn_blocking(move || {
        let pieces = Pieces {
            receiver,
            piece: io::Cursor::default(),
        };
        serde_json::from_reader(BufReader::new(pieces))
    });
    let mut buffer = vec![0; PIECE];
    loop {
        let count = timeout(limit, body.read(&mut buffer)).await;
        let count = count.map_err(|_| Cause::Silent(limit))?;
        let count = count.map_err(|error| Cause::Unreachable(printable(error.to_string())))?;
        let piece = buffer.get(..count).unwrap_or_default();
        // The parser ends before the body does when that is no JSON; it says why.
        if piece.is_empty() || sender.send(piece.to_vec()).await.is_err() {
            break;
        }
    }
    drop(sender);
    let malformed = |error: String| Cause::Malformed(printable(error));
    let parsed = parsing
        .await
        .map_err(|error| malformed(error.to_string()))?;
    parsed.map_err(|error: serde_json::Error| malformed(error.to_string()))
}

struct Pieces {
    receiver: Receiver<Vec<u8>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        let Some(piece) = self.receiver.blocking_recv() else {
            return Ok(0);
        };
        self.piece = io::Cursor::new(piece);
        self.piece.read(buffer)
    }
}
