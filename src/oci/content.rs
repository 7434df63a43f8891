//! Content of blobs on its way: what can be read, again and from the middle if need be.

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::error::Explain;

/// Content that could not be read, from wherever it comes.
#[derive(Debug)]
pub struct ReadError(pub Box<dyn Explain + Send + Sync>);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Explain for ReadError {
    fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    fn exit(&self) -> crate::error::Exit {
        self.0.exit()
    }
}

/// Pieces of content in order, of some 16 KiB to 512 KiB each.
pub type Chunks = BoxStream<'static, Result<Bytes, ReadError>>;

/// Where the content of one blob comes from. It is opened anew for each attempt to send it.
pub trait Content: Send + Sync {
    /// The bytes from the offset `from` on. Whether they are those of the blob's digest is checked on
    /// the way in by a registry's blob; a local file is checked by whom it is sent to.
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>>;
}
